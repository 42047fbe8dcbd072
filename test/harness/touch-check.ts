import type { Link } from '../../core/chain/link.js'
import type { Call } from '../../core/contract/call.js'
import type { Definition } from '../../core/contract/plugin.js'
import { changesBetween, undeclared } from '../../core/exchange/changes.js'

/** Compares what goes into a plugin with what comes out of it, and that with its `touches`. */
export class TouchCheck {
  readonly link: Link
  readonly #undeclared = new Set<string>()

  constructor(private readonly definition: Definition) {
    const entered = new WeakMap<object, Call>()
    this.link = {
      name: 'touch-check',
      routes: 'all',
      plugin: {
        onStep: ({ plugin, way }, call) => {
          if (way === 'out') return
          const { record } = call
          if (plugin === definition.name) entered.set(record, call)
          const before = plugin === undefined ? entered.get(record) : undefined
          if (before && 'touches' in definition)
            for (const path of undeclared(changesBetween(before, call), definition.touches))
              this.#undeclared.add(path)
        },
      },
    }
  }

  /** Throws an Error that names what was changed and not declared. */
  expectDeclared(): void {
    if (this.#undeclared.size === 0) return
    const paths = [...this.#undeclared].join(', ')
    this.#undeclared.clear()
    throw new Error(
      `mount: plugin '${this.definition.name}' changed ${paths}, which its \`touches\` does not name`,
    )
  }
}
