import { createSignal } from 'solid-js'
import { ApiError, type CallInit, call } from '../api/client.js'

/** Something that a button does at the gateway: whether it runs, and what went wrong. */
export function createCall<T>(of: () => CallInit & { readonly path: string }) {
  const [running, setRunning] = createSignal(false)
  const [problem, setProblem] = createSignal<string>()
  const run = async (): Promise<T | undefined> => {
    if (running()) return undefined
    setRunning(true)
    setProblem(undefined)
    const { path, ...init } = of()
    try {
      return await call<T>(path, init)
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error))
      return undefined
    } finally {
      setRunning(false)
    }
  }
  return { run, running, problem }
}
