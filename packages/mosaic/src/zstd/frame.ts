import { ByteReader } from "../byte-reader.ts"
import { DecodeError } from "../errors.ts"
import { type LiteralsState, readLiterals } from "./literals.ts"
import { Output } from "./output.ts"
import { type SequencesState, runSequences } from "./sequences.ts"

interface FrameHeader {
  readonly contentLength: number | undefined
  readonly maxBlockLength: number
  readonly hasChecksum: boolean
}

/** How many compressed blocks may still come, in all frames together. */
interface Budget {
  compressedBlocks: number
}

const MAGIC = 0xfd2f_b528
const SKIPPABLE = 0x184d_2a5
const GREATEST_BLOCK = 131_072
/** Tables cost far more time than the bytes that describe them; encoders write at least this many bytes a block, but for flushes. */
const BYTES_PER_COMPRESSED_BLOCK = 512
const FREE_COMPRESSED_BLOCKS = 2048

/**
 * Decompresses ZSTD frames, one or several, skippable ones too; without dictionaries. Time and memory are bounded by input and `limit`.
 *
 * It is our own because known small decoders trust their input: a block of 20 bytes can make them copy gigabytes.
 * Checksums are not looked at: what is decompressed here has been signed.
 *
 * @param limit the most bytes that may come out.
 * @throws {DecodeError} `payload too large` when there would be more (before anything is allocated, when the frame declares its size), `ZSTD: …`
 *   for anything malformed.
 * @see RFC 8878
 */
export function decompressZstd(bytes: Uint8Array, limit: number): Uint8Array {
  const reader = new ByteReader(bytes)
  const output = new Output(limit)
  const budget = { compressedBlocks: Math.max(FREE_COMPRESSED_BLOCKS, Math.ceil(limit / BYTES_PER_COMPRESSED_BLOCK)) }
  try {
    do readFrame(reader, output, budget)
    while (reader.remaining > 0)
  } catch (error) {
    if (!(error instanceof DecodeError) || error.reason.startsWith("ZSTD: ") || error.reason.startsWith("payload")) throw error
    throw new DecodeError(`ZSTD: ${error.reason}`, error.offset)
  }
  return output.finish()
}

function readFrame(reader: ByteReader, output: Output, budget: Budget): void {
  const magic = reader.u32LE()
  if (magic >>> 4 === SKIPPABLE) return void reader.take(reader.u32LE())
  if (magic !== MAGIC) throw new DecodeError("ZSTD: no frame", reader.offset - 4)
  const header = readHeader(reader)
  output.startFrame(header.contentLength)
  const start = output.length
  const state: LiteralsState & SequencesState = {
    huffman: undefined,
    literalLengths: undefined,
    offsets: undefined,
    matchLengths: undefined,
    recent: [1, 4, 8],
  }
  while (!readBlock(reader, header.maxBlockLength, state, output, budget));
  if (header.hasChecksum) reader.take(4)
  if (header.contentLength !== undefined && header.contentLength !== output.length - start) {
    throw new DecodeError("ZSTD: not the length that the frame declares", reader.offset)
  }
}

/** RFC 8878, 3.1.1.1. */
function readHeader(reader: ByteReader): FrameHeader {
  const descriptor = reader.u8()
  if ((descriptor & 0x08) !== 0) throw new DecodeError("ZSTD: reserved bit", reader.offset - 1)
  const isSingleSegment = (descriptor & 0x20) !== 0
  let windowLength = 0
  if (!isSingleSegment) {
    const window = reader.u8()
    const base = 2 ** (10 + (window >> 3))
    windowLength = base + (base / 8) * (window & 7)
  }
  const dictionaryLength = [0, 1, 2, 4][descriptor & 3] ?? 0
  if (reader.take(dictionaryLength).some((byte) => byte !== 0)) throw new DecodeError("ZSTD: needs a dictionary", reader.offset)
  const contentLength = readContentLength(reader, descriptor >> 6, isSingleSegment)
  const maxBlockLength = Math.min(GREATEST_BLOCK, isSingleSegment ? (contentLength ?? 0) : windowLength)
  return { contentLength, maxBlockLength, hasChecksum: (descriptor & 0x04) !== 0 }
}

function readContentLength(reader: ByteReader, flag: number, isSingleSegment: boolean): number | undefined {
  switch (flag) {
    case 0:
      return isSingleSegment ? reader.u8() : undefined
    case 1:
      return reader.u16LE() + 256
    case 2:
      return reader.u32LE()
    default:
      return reader.u32LE() + reader.u32LE() * 2 ** 32
  }
}

/** RFC 8878, 3.1.1.2. @returns whether the block was the frame's last. */
function readBlock(reader: ByteReader, maxLength: number, state: LiteralsState & SequencesState, output: Output, budget: Budget): boolean {
  const header = reader.u24LE()
  const size = header >> 3
  const type = (header >> 1) & 3
  output.startBlock(maxLength)
  if (type === 0) output.append(reader.take(size))
  else if (type === 1) output.fill(reader.u8(), size)
  else if (type === 2) {
    if (budget.compressedBlocks === 0) throw new DecodeError("ZSTD: too many blocks", reader.offset - 3)
    budget.compressedBlocks -= 1
    const block = reader.take(size)
    const { literals, length } = readLiterals(block, state, maxLength)
    runSequences(block.subarray(length), literals, state, output)
  } else throw new DecodeError("ZSTD: block type", reader.offset - 3)
  return (header & 1) !== 0
}
