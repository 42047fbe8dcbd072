/** What `GET /_agproxy/api/chain` answers. */
export interface ChainAnswer {
  readonly config: string | null
  readonly presets: readonly string[]
  readonly off: readonly unknown[]
  readonly plugins: readonly ChainPlugin[]
  readonly endpoints: readonly ChainRoute[]
}

export interface ChainPlugin {
  readonly name: string
  readonly phase: string
  readonly from: string
  readonly routes?: readonly string[] | 'all'
  readonly touches?: readonly string[]
  readonly options?: Readonly<Record<string, unknown>>
  readonly origins?: Readonly<Record<string, string>>
}

export interface ChainRoute {
  readonly method: string
  readonly path: string
  readonly access: string
  readonly plugin: string | null
}
