import type { Accepts, Edit } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'
import type { Fetched, FetchFile } from './file-store.js'
import { mediaTypeOf } from './media-type.js'
import type { Repairs } from './repairs.js'

export type FileNeeds = Pick<Accepts, 'images' | 'imageURLs' | 'documents' | 'documentURLs'>

/** Files of one request that are fetched, and bytes of all of them: more than an upstream takes. */
const MOST_FILES = 20
const MOST_BYTES = 24 * 1024 * 1024

type Kind = 'image' | 'document'

/** An image or a document by URL, to be fetched. */
interface Wanted {
  readonly kind: Kind
  readonly url: string
  readonly block: JsonNode
  readonly source: JsonNode
  readonly at: string
}

/** Images and documents in a form that the upstream takes; returns those that must be fetched for it. */
export function repairFiles(body: JsonNode, needs: FileNeeds, repairs: Repairs): Wanted[] {
  const wanted: Wanted[] = []
  body
    .get('messages')!
    .items()
    .forEach((message, i) => {
      for (const block of message.get('content')?.items() ?? []) {
        const inner = block.get('type')?.is('tool_result') ? block.get('content')?.items() : undefined
        for (const part of inner ?? [block]) repairBlock(part, `messages[${i}]`, needs, repairs, wanted)
      }
    })
  return wanted
}

function repairBlock(
  block: JsonNode,
  at: string,
  needs: FileNeeds,
  repairs: Repairs,
  wanted: Wanted[],
): void {
  const type = block.get('type')
  const kind: Kind | undefined = type?.is('image') ? 'image' : type?.is('document') ? 'document' : undefined
  const source = kind && block.get('source')
  if (!kind || !source) return
  const url = source.get('type')?.is('url') ? source.get('url')?.string() : undefined
  if (!needs[`${kind}s`])
    repairs.add(`${at}: a ${kind} that the model does not take became text`, [asText(block, kind, source)])
  else if (url !== undefined && !needs[`${kind}URLs`]) wanted.push({ kind, url, block, source, at })
}

/** A document of text keeps its words. */
function asText(block: JsonNode, kind: Kind, source: JsonNode): Edit {
  const said = kind === 'document' && source.get('type')?.is('text') ? source.get('data') : undefined
  const text = said?.isString
    ? said.raw.toString('utf8')
    : JSON.stringify(`[${kind} left out: this model takes none]`)
  return textBlock(block, text)
}

/** The marker of the prompt cache stays: what precedes it is cached still. */
function textBlock(block: JsonNode, text: string): Edit {
  const mark = block.get('cache_control')?.raw.toString('utf8')
  const { start, end } = block
  return { start, end, text: `{"type":"text","text":${text}${mark ? `,"cache_control":${mark}` : ''}}` }
}

/** The files in the place of their URLs; where there is none, a text says so. */
export async function fetchFiles(
  wanted: readonly Wanted[],
  fetchFile: FetchFile,
  repairs: Repairs,
): Promise<void> {
  const urls = [...new Set(wanted.map(({ url }) => url))].slice(0, MOST_FILES)
  const files = new Map<string, Fetched>()
  await Promise.all(urls.map(async (url) => files.set(url, await fetchFile(url))))
  let bytes = 0
  for (const { kind, url, block, source, at } of wanted) {
    const file = usable(kind, files.get(url) ?? `more than ${MOST_FILES} files`)
    if (typeof file !== 'string') bytes += file.data.length
    const reason =
      typeof file === 'string' ? file : bytes > MOST_BYTES ? 'too many bytes in one request' : undefined
    if (reason !== undefined || typeof file === 'string') {
      const text = JSON.stringify(`[${kind} at ${url} could not be fetched: ${reason}]`)
      repairs.add(`${at}: a ${kind} by URL could not be fetched: ${reason}`, [textBlock(block, text)])
      continue
    }
    const { start, end } = source
    const text = JSON.stringify({ type: 'base64', media_type: file.type, data: file.data.toString('base64') })
    repairs.add(`${at}: a ${kind} by URL became its bytes`, [{ start, end, text }])
  }
}

interface File {
  readonly type: string
  readonly data: Buffer
}

function usable(kind: Kind, file: Fetched): File | string {
  if (typeof file === 'string') return file
  const type = mediaTypeOf(file)
  const fits = kind === 'image' ? type?.startsWith('image/') : type === 'application/pdf'
  return fits ? { type: type!, data: file } : `no ${kind === 'image' ? 'PNG, JPEG, GIF or WebP' : 'PDF'}`
}
