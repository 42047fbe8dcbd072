/** As much of it as is used here; Node's types don't have it. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number }) => Memory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: { readonly f: Run } }
}

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): void
}

const PAGE = 64 * 1024

let memory: Memory | undefined
let view = new Uint8Array(0)

/** From a number of bytes, a place or a length, to another number. */
type Run = (bytes: number) => number

/**
 * A function that looks at 16 bytes at a time, in WebAssembly; every Node since 16 has these instructions, and nearly every processor. All
 * look at one memory, so a text is there until the next one is copied in. It never shrinks.
 */
export class Simd {
  #run: Run | undefined
  /** What does not compile, or has no room, at first does not later. */
  #failed = false

  /** `code`: of a function from i32 to i32, its locals first. */
  constructor(private readonly code: readonly number[]) {}

  /**
   * The memory, with at least so many bytes. Undefined where there is no room: a memory reserves 8 to 10 GB of address space, and
   * `ulimit -v` and some hosts limit that; or where the processor has no such instructions (x86 before SSE4.1).
   */
  room(bytes: number): Uint8Array | undefined {
    if (this.#failed) return undefined
    try {
      memory ??= new WebAssembly.Memory({ initial: 1 })
      this.#run ??= new WebAssembly.Instance(compiled(this.code), { m: { m: memory } }).exports.f
      const missing = bytes - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
    } catch {
      this.#failed = this.#run === undefined
      return undefined
    }
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer)
    return view
  }

  /** Once there was room. */
  get run(): Run {
    return this.#run!
  }
}

function compiled(code: readonly number[]): object {
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // a module, version 1
    ...section(0x01, [0x60, 0x01, 0x7f, 0x01, 0x7f]), // a type: (i32) -> i32
    ...section(0x02, [0x01, 0x6d, 0x01, 0x6d, 0x02, 0x00, 0x01]), // an import: the memory m.m, of at least one page
    ...section(0x03, [0x00]), // a function, of that type
    ...section(0x07, [0x01, 0x66, 0x00, 0x00]), // exported as f
    ...section(0x0a, sized(code)),
  ]
  return new WebAssembly.Module(Uint8Array.from(module))
}

/** A section of one item. */
function section(id: number, item: readonly number[]): number[] {
  return [id, ...sized([0x01, ...item])]
}

/** Behind their number, seven bits a byte. */
function sized(bytes: readonly number[]): number[] {
  const size: number[] = []
  for (let rest = bytes.length; rest > 0 || size.length === 0; rest >>>= 7)
    size.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
  return [...size, ...bytes]
}
