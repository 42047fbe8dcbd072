import { syncBuiltinESMExports } from 'node:module'

/** The process's own, whatever a config has put in its place. */
export const exitProcess: (code?: number) => never = process.exit.bind(process)

let guarded = 0
let original = process.exit

/**
 * Runs code of a config, in which `process.exit` is an error of its own: a config that is edited while a gateway runs would end
 * it, and one that ends the first start would say nothing. What runs later, in a timer or for a request, can still end the process.
 */
export async function withoutExit<T>(run: () => Promise<T>): Promise<T> {
  if (guarded++ === 0) {
    original = process.exit
    put(() => {
      throw new Error('process.exit was called, which would end the gateway')
    })
  }
  try {
    return await run()
  } finally {
    if (--guarded === 0) put(original)
  }
}

/** Also for `import { exit } from 'node:process'`. */
function put(exit: typeof process.exit): void {
  process.exit = exit
  syncBuiltinESMExports()
}
