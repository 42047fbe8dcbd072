/**
 * What is whole of a JSON text that was cut off, its brackets closed: the model was stopped in the middle of a tool's
 * input. A value that was cut, a key without a value and a number that might go on are left out, as the SDK has it. What
 * is no JSON for another reason stays none.
 */
export function closed(text: string): string {
  const open: string[] = []
  /** Up to here the text is whole, once `open` is closed. */
  let whole = 0
  /** The next string of an object is a key. */
  let isKey = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        isKey = text[at] === '{'
        open.push(isKey ? '}' : ']')
        whole = at + 1
        break
      case '}':
      case ']':
        if (open.pop() !== text[at]) return text
        whole = at + 1
        break
      case ',':
        isKey = open.at(-1) === '}'
        whole = at
        break
      case ':':
        isKey = false
        break
      case '"':
        at = endOfString(text, at)
        if (at < text.length && !isKey) whole = at + 1
        break
      case 't':
      case 'f':
      case 'n': {
        const [word] = /^(true|false|null)/.exec(text.slice(at, at + 5)) ?? []
        if (word) whole = at + word.length
      }
    }
  }
  return text.slice(0, whole) + open.reverse().join('')
}

/** Where a string's closing quote is; the text's end when it has none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return text.length
}
