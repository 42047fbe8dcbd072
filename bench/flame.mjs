/**
 * @typedef {{ functionName: string, url: string, lineNumber: number, columnNumber: number }} Frame
 * @typedef {(frame: Frame) => string} PlaceOf file and line
 * @typedef {{ id: number, callFrame: Frame, children?: number[] }} ProfileNode
 * @typedef {{ nodes: ProfileNode[], samples: number[], timeDeltas: number[], startTime: number, endTime: number }} CpuProfile
 *
 * @typedef {object} Flame a function with what it called
 * @property {string} name
 * @property {string} place
 * @property {number} self ms
 * @property {number} total ms
 * @property {Map<string, Flame>} children
 */

/** Names of V8's that stand for no work. */
const WAITING = new Set(['(idle)', '(root)'])

/** Adds the samples up into a tree; waiting is left out. @param {CpuProfile} profile @param {PlaceOf} placeOf @returns {Flame} */
export function flameOf({ nodes, samples, timeDeltas }, placeOf) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  /** @type {Map<number, number>} */
  const time = new Map()
  samples.forEach((id, i) => {
    time.set(id, (time.get(id) ?? 0) + Math.max(0, timeDeltas[i]) / 1000)
  })
  const root = flame('all', '')
  for (const [id, ms] of time) {
    const path = []
    for (let at = byId.get(id); at; at = byId.get(parents.get(at.id) ?? -1)) path.unshift(at.callFrame)
    if (WAITING.has(path.at(-1)?.functionName ?? '')) continue
    let at = root
    at.total += ms
    for (const frame of path.slice(1)) {
      const name = frame.functionName || '(anonymous)'
      const place = placeOf(frame)
      const key = `${name} ${place}`
      const next = at.children.get(key) ?? flame(name, place)
      at.children.set(key, next)
      next.total += ms
      at = next
    }
    at.self += ms
  }
  return root
}

/** @param {string} name @param {string} place @returns {Flame} */
const flame = (name, place) => ({ name, place, self: 0, total: 0, children: new Map() })

/**
 * The functions with the most time of their own, and who calls them for it.
 * @param {Flame} root @param {number} count
 */
export function topSelf(root, count) {
  /** @type {Map<string, { name: string, place: string, self: number, callers: Map<string, number> }>} */
  const all = new Map()
  const visit = (/** @type {Flame} */ { name, place, self, children }, /** @type {string} */ caller) => {
    const key = `${name} ${place}`
    const seen = all.get(key) ?? { name, place, self: 0, callers: new Map() }
    seen.self += self
    seen.callers.set(caller, (seen.callers.get(caller) ?? 0) + self)
    all.set(key, seen)
    for (const child of children.values()) visit(child, place ? key : `${name} < ${caller}`)
  }
  visit(root, '')
  const heaviest = (/** @type {Map<string, number>} */ callers) =>
    [...callers]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 2)
      .map(([caller]) => caller)
  return [...all.values()]
    .sort((a, b) => b.self - a.self)
    .slice(0, count)
    .map(({ callers, ...found }) => ({ ...found, callers: heaviest(callers) }))
}

/** Time by where the code is from: a folder of agproxy, a package, Node. @param {Flame} root */
export function byOrigin(root) {
  /** @type {Map<string, number>} */
  const all = new Map()
  const visit = (/** @type {Flame} */ { name, place, self, children }, /** @type {string} */ parent) => {
    const origin = name.startsWith('(') && !place ? name : place ? originOf(place) : parent
    all.set(origin, (all.get(origin) ?? 0) + self)
    for (const child of children.values()) visit(child, origin)
  }
  visit(root, 'native')
  return [...all].sort((a, b) => b[1] - a[1])
}

/** @param {string} place */
function originOf(place) {
  if (place.startsWith('node:')) return 'node'
  if (place.startsWith('wasm:')) return 'undici'
  const [first, second = ''] = place.split('/')
  if (first === 'core') return second.includes('.') ? 'core' : `core/${second}`
  return first === 'plugins' || first.startsWith('@') ? `${first}/${second}` : first.replace(/:\d+$/, '')
}

const WIDTH = 1600
const ROW = 17

/** @param {Flame} root @param {string} title */
export function flameSvg(root, title) {
  /** @type {string[]} */
  const boxes = []
  let depth = 0
  const draw = (
    /** @type {Flame} */ { name, place, self, total, children },
    /** @type {number} */ x,
    /** @type {number} */ level,
  ) => {
    const width = (total / root.total) * WIDTH
    if (width < 0.4) return
    depth = Math.max(depth, level)
    const share = ((total / root.total) * 100).toFixed(1)
    const about = `${name} ${place} – ${total.toFixed(0)} ms, ${share} %; itself ${self.toFixed(0)} ms`
    const label = width > 40 ? escaped(name.slice(0, Math.floor(width / 6.5))) : ''
    const y = 30 + level * ROW
    boxes.push(
      `<g><title>${escaped(about)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colour(place, name)}"/><text x="${(x + 3).toFixed(1)}" y="${y + 12}">${label}</text></g>`,
    )
    let at = x
    for (const child of [...children.values()].sort((a, b) => b.total - a.total)) {
      draw(child, at, level + 1)
      at += (child.total / root.total) * WIDTH
    }
  }
  draw(root, 0, 0)
  const height = 40 + (depth + 1) * ROW
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11"><text x="4" y="18" font-size="14">${escaped(title)}</text>
${boxes.join('\n')}
</svg>
`
}

/** agproxy red and orange, libraries yellow, Node grey-blue, the engine grey. @param {string} place @param {string} name */
function colour(place, name) {
  if (name.startsWith('(')) return '#c8c8c8'
  if (place.startsWith('node:') || place.startsWith('wasm:')) return '#a9c1dd'
  if (place.startsWith('plugins/')) return '#e8705a'
  if (place.startsWith('core/') || place.startsWith('bin.js')) return '#f0a060'
  return place ? '#eedd82' : '#d8d8d8'
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
}
