import { createEffect, onCleanup, onMount } from 'solid-js'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { money } from '../../format.js'
import { theme } from '../../theme.js'
import type { UsageRow } from './answer.js'

/** Cost over time; the table below has the same numbers. */
export default function Plot(props: { rows: readonly UsageRow[] }) {
  let place: HTMLDivElement | undefined
  let plot: uPlot | undefined
  const data = (): uPlot.AlignedData => [
    props.rows.map(({ name }) => new Date(`${name}T00:00:00`).getTime() / 1000),
    props.rows.map(({ cost }) => cost),
  ]
  const draw = () => {
    if (!place) return
    plot?.destroy()
    const style = getComputedStyle(place)
    const axis = {
      stroke: style.getPropertyValue('--muted'),
      grid: { stroke: style.getPropertyValue('--line'), width: 1 },
    }
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: 220,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_u, _min, max) => [0, max || 1] } },
        axes: [axis, { ...axis, size: 64, values: (_u, values) => values.map((value) => money(value)) }],
        series: [
          {},
          {
            label: 'cost',
            fill: style.getPropertyValue('--accent-soft'),
            stroke: style.getPropertyValue('--accent'),
            paths: uPlot.paths.bars!({ size: [0.6, 60] }),
            points: { show: false },
          },
        ],
      },
      data(),
      place,
    )
  }
  onMount(() => {
    const seen = new ResizeObserver(() => place && plot?.setSize({ width: place.clientWidth, height: 220 }))
    seen.observe(place!)
    onCleanup(() => {
      seen.disconnect()
      plot?.destroy()
    })
  })
  createEffect(() => {
    theme()
    draw()
  })
  return <div class="plot" ref={place} role="img" aria-label="Cost by day; the table below has the numbers" />
}
