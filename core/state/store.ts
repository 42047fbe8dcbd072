/** The kind under which `onChange` reports slots. */
export const SLOT = 'slot'
