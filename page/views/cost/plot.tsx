import { createEffect, createMemo, For, onCleanup, onMount } from 'solid-js'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Measure, Per, Stack } from '../../data/stack.js'
import { money, tokens } from '../../format.js'
import { theme } from '../../theme.js'
import { named } from './times.jsx'

const HEIGHT = 240
/** Colours of the stylesheet, `--s0` to `--s7`; what all others took is grey. */
const COLOURS = 8

/** Bars over time, one stack for each; the tables below have the same numbers. */
export default function Plot(props: { stack: Stack; measure: Measure; per: Per }) {
  let place: HTMLDivElement | undefined
  let plot: uPlot | undefined
  const colourOf = (name: string, i: number) => (name === '*' ? '--muted' : `--s${i % COLOURS}`)
  const coloured = createMemo(() =>
    props.stack.series.map(({ name, values }, i) => ({ name, values, colour: colourOf(name, i) })),
  )
  const draw = () => {
    if (!place) return
    plot?.destroy()
    plot = new uPlot(optionsOf(place, coloured(), props.measure), stacked(props.stack), place)
  }
  onMount(() => {
    const seen = new ResizeObserver(
      () => place && plot?.setSize({ width: place.clientWidth, height: HEIGHT }),
    )
    seen.observe(place!)
    // With the system's theme the colours change without a word of ours.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    onCleanup(() => {
      seen.disconnect()
      scheme.removeEventListener('change', draw)
      plot?.destroy()
    })
  })
  createEffect(() => {
    theme()
    draw()
  })
  return (
    <figure class="plot">
      <div ref={place} role="img" aria-label={`By ${props.per}; the tables below have the numbers`} />
      <figcaption>
        <For each={coloured()}>
          {({ name, colour }) => (
            <span>
              <i class="swatch" style={{ background: `var(${colour})` }} /> <bdi>{named(name)}</bdi>
            </span>
          )}
        </For>
      </figcaption>
    </figure>
  )
}

interface Coloured {
  readonly name: string
  readonly values: readonly number[]
  readonly colour: string
}

function optionsOf(place: HTMLElement, series: readonly Coloured[], measure: Measure): uPlot.Options {
  const style = getComputedStyle(place)
  const value = (name: string) => style.getPropertyValue(name).trim()
  // A canvas takes no `light-dark()`: the browser resolves it as a colour of an element.
  const colour = (name: string) => resolved(place, `var(${name})`)
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const shown = (n: number) => (measure === 'tokens' ? tokens(n) : money(n))
  const bars = uPlot.paths.bars!({ size: [0.7, 48], radius: 0.08 })
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, font: `12px ${value('--font')}` },
      { ...axis, font: `12px ${value('--font')}`, size: 68, values: (_plot, values) => values.map(shown) },
    ],
    series: [
      {},
      ...series
        .map(({ name, colour: at }) => ({
          label: name,
          fill: colour(at),
          width: 0,
          paths: bars,
          points: { show: false },
        }))
        .reverse(),
    ],
  }
}

function resolved(place: HTMLElement, colour: string): string {
  place.style.color = colour
  const found = getComputedStyle(place).color
  place.style.color = ''
  return found
}

/** The tallest first: each bar is drawn over the one that it is a part of. */
function stacked({ times, series }: Stack): uPlot.AlignedData {
  const sums: number[][] = []
  let below = times.map(() => 0)
  for (const { values } of series) {
    below = values.map((value, i) => value + below[i]!)
    sums.push(below)
  }
  return [[...times], ...sums.reverse()] as uPlot.AlignedData
}
