import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'

const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))

export interface Suggestion {
  readonly label: string
  readonly documentation?: string | { readonly value: string }
}

interface Place {
  readonly uri: string
  readonly range: { readonly start: { readonly line: number } }
}

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** An editor that has one file open, with TypeScript's own language server behind it (https://microsoft.github.io/language-server-protocol). */
export interface Editor {
  /** What is offered where `|` stands in the text, with its documentation, by name. */
  completions(text: string): Promise<Map<string, string>>
  /** The comment where the name was declared that `|` stands in. */
  commentOf(text: string): Promise<string | undefined>
  /** What is red. */
  errors(text: string): Promise<readonly string[]>
}

export async function editorIn(folder: string, name: string): Promise<Editor> {
  const server = spawn(tsc, ['--lsp', '--stdio'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void server.kill('SIGKILL'))
  const { request, notify } = conversation(server.stdin, server.stdout)
  const textDocument = { uri: pathToFileURL(join(folder, name)).href }
  await request('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {
      textDocument: {
        completion: { completionItem: { documentationFormat: ['plaintext'] } },
        diagnostic: {},
      },
    },
  })
  notify('initialized', {})
  let version = 0
  const show = (text: string) => {
    version++
    if (version === 1)
      notify('textDocument/didOpen', {
        textDocument: { ...textDocument, languageId: 'typescript', version, text },
      })
    else
      notify('textDocument/didChange', {
        textDocument: { ...textDocument, version },
        contentChanges: [{ text }],
      })
  }
  /** Shows the text without the `|` in it, and says where that was. */
  const shown = (text: string) => {
    const before = text.slice(0, text.indexOf('|')).split('\n')
    show(text.replace('|', ''))
    return { line: before.length - 1, character: before.at(-1)!.length }
  }
  return {
    async completions(text) {
      const found = await request<{ items: Suggestion[] } | Suggestion[] | null>('textDocument/completion', {
        textDocument,
        position: shown(text),
      })
      const items = Array.isArray(found) ? found : (found?.items ?? [])
      const own = items.filter(({ label }) => label.length > 1).slice(0, MOST)
      const resolved = await Promise.all(
        own.map((item) => request<Suggestion>('completionItem/resolve', item)),
      )
      return new Map(
        resolved.map(({ label, documentation: d = '' }) => [
          label.replace(/\?$/, ''),
          typeof d === 'string' ? d : d.value,
        ]),
      )
    },
    async commentOf(text) {
      const found = await request<Place | Place[] | null>('textDocument/definition', {
        textDocument,
        position: shown(text),
      })
      const place = Array.isArray(found) ? found[0] : found
      if (!place) return undefined
      const lines = readFileSync(fileURLToPath(place.uri), 'utf8')
        .split('\n')
        .slice(0, place.range.start.line)
      return /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/$/.exec(lines.join('\n').trimEnd())?.[1]?.trim()
    },
    async errors(text) {
      show(text)
      const { items } = await request<{ items: { message: string; severity: number }[] }>(
        'textDocument/diagnostic',
        { textDocument },
      )
      return items.filter(({ severity }) => severity === 1).map(({ message }) => message)
    },
  }
}

/** Suggestions that are asked for their documentation. */
const MOST = 80

/** JSON-RPC in frames of `Content-Length`. */
function conversation(to: NodeJS.WritableStream, from: NodeJS.ReadableStream) {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let rest = Buffer.alloc(0)
  let id = 0
  const send = (message: object) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    to.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }
  const take = (message: Message) => {
    // What the server asks of its editor has no answer here.
    if (message.method !== undefined)
      return message.id === undefined || send({ id: message.id, result: null })
    const asked = waiting.get(message.id as number)
    waiting.delete(message.id as number)
    if (message.error) return asked?.reject(new Error(message.error.message))
    return asked?.resolve(message.result as never)
  }
  from.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = rest.indexOf('\r\n\r\n')
      if (head < 0) return
      const end = head + 4 + Number(/Content-Length: (\d+)/i.exec(rest.toString('latin1', 0, head))![1])
      if (rest.length < end) return
      const text = rest.toString('utf8', head + 4, end)
      rest = rest.subarray(end)
      take(JSON.parse(text))
    }
  })
  return {
    notify: (method: string, params: object) => send({ method, params }),
    request<T>(method: string, params: object): Promise<T> {
      const own = ++id
      send({ id: own, method, params })
      return new Promise<T>((resolve, reject) => waiting.set(own, { resolve: resolve as never, reject }))
    },
  }
}
