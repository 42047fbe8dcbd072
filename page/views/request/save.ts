import { request } from '../../api/client.js'

/** Hands the browser the cassette of a request as a file. Throws an ApiError. */
export async function saveCassette(id: string): Promise<void> {
  const response = await request(`requests/${encodeURIComponent(id)}/cassette`)
  const name = /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name ?? `${id}.json`
  link.click()
  // At once the browser may not have begun to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
