import type { ConditionalChange } from '../contract/state.js'

/** Messages between a worker and the primary of one machine; anything else on the channel is not ours. */
export interface Message {
  readonly agproxy: 'state'
  readonly op: Op
}

export type Op =
  /** A worker listens now, and asks for the state of the others. */
  | { readonly do: 'join' }
  | {
      readonly do: 'set'
      readonly kind: string
      readonly key: string
      readonly value: string
      readonly ttl: number
    }
  | { readonly do: 'delete'; readonly kind: string; readonly key: string }
  | {
      readonly do: 'add'
      readonly kind: string
      readonly key: string
      readonly by: number
      readonly ttl: number
    }
  | { readonly do: 'release'; readonly key: string; readonly holder: string }
  | { readonly do: 'places'; readonly key: string; readonly taken: number }
  | { readonly do: 'ask'; readonly id: number; readonly question: Question }
  | { readonly do: 'answer'; readonly id: number; readonly answer: string | boolean | undefined }

export type Question =
  | { readonly of: 'compareAndSet'; readonly change: ConditionalChange }
  | { readonly of: 'slot'; readonly key: string; readonly holder: string; readonly limit: number }

/** One end of the connection of two processes. `send` never throws; a message to a process that has ended is dropped. */
export interface Channel {
  send(message: object): void
  onMessage(listener: (message: unknown) => void): void
}

export const isOurs = (message: unknown): message is Message =>
  (message as Message | undefined)?.agproxy === 'state'
