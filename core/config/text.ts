/**
 * A file's text without its byte order mark. Windows PowerShell 5.1 writes UTF-16 by `>` and `Out-File`, Notepad UTF-8 with a
 * mark.
 */
export function decodeText(bytes: Uint8Array): string {
  const [a, b] = bytes
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}
