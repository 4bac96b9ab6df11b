export const SCRIPT_BUDGET: number
export function buildInterface(directory?: string): Promise<{ script: number; scriptGzipped: number; style: number; styleGzipped: number }>
