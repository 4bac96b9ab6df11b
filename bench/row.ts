/** One figure of a benchmark, beside its reference from the same run where there is one. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference?: { readonly name: string; readonly value: number }
  /** What was safe on disk when it counted as done; nothing where nothing is written. */
  readonly durability?: string
  /** Peak memory of the process that did it, in MiB; that of its whole part when not given. */
  readonly peakMiB?: number
  /** Settings and sizes that the figure depends on. */
  readonly note?: string
}

export type MeasuredRow = Row & { readonly peakMiB: number }

/** The settings of the record store wherever a server is measured. */
export const DURABLE = "WAL, synchronous=FULL, encrypted"

/** Lines up rows as a table; `x` is the value divided by the reference's. */
export function formatTable(rows: readonly MeasuredRow[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${formatNumber(row.value)} ${row.unit}`,
    row.reference === undefined ? "" : `${(row.value / row.reference.value).toFixed(2)} x`,
    row.reference === undefined ? "" : `${row.reference.name}: ${formatNumber(row.reference.value)} ${row.unit}`,
    `${row.peakMiB} MiB`,
    row.durability ?? "",
    row.note ?? "",
  ])
  const table = [["what", "value", "ratio", "beside", "peak memory", "durability", "settings"], ...cells]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

function formatNumber(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3)
}

/** The median of at least one number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new RangeError("values must not be empty")
  return (upper + lower) / 2
}
