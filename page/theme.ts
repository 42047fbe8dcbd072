import { createSignal } from 'solid-js'

const PLACE = 'agproxy-theme'
export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const kept = localStorage.getItem(PLACE)
const [theme, setTheme] = createSignal<Theme>(THEMES.find((name) => name === kept) ?? 'auto')

export { theme }

apply(theme())

/** Auto, light, dark and round again. */
export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]!
  localStorage.setItem(PLACE, next)
  setTheme(next)
  apply(next)
}

function apply(name: Theme): void {
  document.documentElement.dataset.theme = name
}
