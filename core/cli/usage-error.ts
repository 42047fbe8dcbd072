/** Something that can't be carried out as it was asked for; the message is all that is printed. */
export class UsageError extends Error {}

/** A command line that can't be meant; the exit code is 2. */
export class CommandLineError extends UsageError {}
