/** One difference between two calls. A value that was added has no `before`, one that was taken out no `after`. */
export interface Change {
  /** In the body: `messages[2].content[0].cache_control`; else `headers.anthropic-beta`, `query`, `limits`, `preference`. */
  readonly path: string
  /** JSON, at most 200 characters. */
  readonly before?: string
  readonly after?: string
  /** Of two turns' bodies: the name of the tool that changed. */
  readonly tool?: string
}

/** How the values of changes are shown. */
export interface ShownChanges {
  /** The words of prompts, tools and answers; without it strings there are their lengths, `‹120›`. Default: false. */
  readonly texts?: boolean
}
