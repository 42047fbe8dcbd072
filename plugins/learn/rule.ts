import type { Accepts, Call } from '../../core/index.js'
import type { Lesson } from '../../core/kit.js'

export interface Rule {
  readonly words: RegExp
  /** Undefined: the words don't mean this request. */
  teach(found: RegExpExecArray, call: Call, accepts: Accepts): Lesson | undefined
}

export type Teach = Rule['teach']
export const rule = (words: RegExp, teach: Teach): Rule => ({ words, teach })
export const always = (words: RegExp, lesson: Lesson): Rule => ({ words, teach: () => lesson })
