/**
 * Loads a package that is not installed with agproxy. Rejects with an error that says what wants it, and how to install it.
 *
 * @example
 * const { Registry } = await optionalPackage('prom-client', 'the plugin metrics', () => import('prom-client'))
 */
export async function optionalPackage<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new Error(`${what} needs the package ${name}: npm install ${name}`, { cause: error })
  }
}

/** Whether an error is that of a package that is not installed, as `optionalPackage` throws it. */
export function isPackageMissing(error: unknown): boolean {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException }
  return cause?.code === 'ERR_MODULE_NOT_FOUND'
}

/** Another package that is missing inside of it is a fault of its installation, and keeps its own words. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message = '' } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)
}
