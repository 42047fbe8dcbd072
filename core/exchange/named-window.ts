import { slot } from './slot.js'

/**
 * The tokens that a model has room for, where the upstream named them as it refused a prompt. The plugin that reads its words notes
 * them, and the one that learns takes them from here, since by then the client's words have taken the place of the upstream's.
 */
export const namedWindow = slot<{ tokens: number | undefined }>(() => ({ tokens: undefined }))
