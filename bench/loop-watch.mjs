// Loaded into a subject with --import: notes how late the event loop was, from one SIGUSR2 to the next.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION = 1 // ms; a delay is counted from the moment at which the timer was due
const folder = new URL(import.meta.url).searchParams.get('folder') ?? '.'
const file = join(folder, `loop-${process.pid}.json`)
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
const late = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - RESOLUTION)

process.on('SIGUSR2', () => {
  const seen = { p99: late(histogram.percentile(99)), max: late(histogram.max), samples: histogram.count }
  writeFileSync(file, JSON.stringify(seen))
  histogram.reset()
})
writeFileSync(file, '{}')
histogram.enable()
