import { z } from 'zod'

const FACTOR = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const

/** Bytes as a number, or `'512kb'`, `'100mb'`, `'1gb'` (powers of 1024). */
export type Size = number | `${number}${keyof typeof FACTOR}`

function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)$/i.exec(value.trim()) : null
  if (!match) return undefined
  return Math.floor(Number(match[1]) * FACTOR[match[2]!.toLowerCase() as keyof typeof FACTOR])
}

/** An option that is a size; comes out as bytes. Give its default with `.prefault('100mb')`. */
export const bytes = () =>
  z
    .custom<Size>((value) => parseSize(value) !== undefined, "expected bytes, or a size such as '100mb'")
    .transform((value) => parseSize(value)!)

/** Past 2^31 - 1 ms (24.8 days) Node's timers fire at once instead of late. */
const LONGEST_TIMER = 2 ** 31 - 1

/** An option that is a time in milliseconds. */
export const duration = () => z.int('expected whole milliseconds').min(0).max(LONGEST_TIMER)
