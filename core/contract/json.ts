/** A range of bytes, the end not included. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Bytes to put in the place of a range; an empty text takes it out. Ranges of one list never overlap. */
export interface Edit extends Span {
  readonly text: string | Buffer
}

/** One value of a JSON text, by its position: navigation is cheap, only `value` and `string` decode. */
export interface JsonNode extends Span {
  readonly isObject: boolean
  readonly isArray: boolean
  readonly isString: boolean
  /** Whether the whole text, of which this is a part, has escapes of surrogates: `\ud83d`. */
  readonly hasSurrogateEscapes: boolean
  /** Whether it is or contains a string that is empty or white space alone. */
  readonly hasBlanks: boolean
  /** How many values it has in it at any depth, keys counted; it is one itself. Known without a walk. */
  readonly values: number
  /** The text as it came. */
  readonly raw: Buffer
  /** The value, decoded. */
  value(): unknown
  /** A string's value; undefined for anything else. */
  string(): string | undefined
  /** Whether it is this string, without decoding it. `text` must need no escapes. */
  is(text: string): boolean
  /** Positions of all strings equal to this text, keys and values, however they are spelt. `text` must be ASCII without escapes. */
  places(text: string): number[]
  /** An object's field; of several with one name the last, as in `JSON.parse`. Undefined for anything but an object. */
  get(key: string): JsonNode | undefined
  /** A field with its key. */
  member(key: string): { readonly key: JsonNode; readonly value: JsonNode } | undefined
  /** An object's fields, in the order of the text. */
  members(): Generator<{ readonly key: JsonNode; readonly value: JsonNode }>
  /** An array's items; none for anything but an array. */
  items(): JsonNode[]
}
