import type { Edit } from '../../core/index.js'

/** Edits, and what they are for in words. */
export class Repairs {
  readonly edits: Edit[] = []
  readonly changes: string[] = []

  /** Nothing to note where there is nothing to do. */
  add(change: string, edits: readonly Edit[]): void {
    if (edits.length === 0) return
    this.changes.push(change)
    for (const edit of edits) this.edits.push(edit)
  }
}
