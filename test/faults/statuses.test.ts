import { statusRows, zaiRows } from './rows/statuses.js'
import { observeRows } from './run.js'

observeRows('answering an error', statusRows)
observeRows('answering one of z.ai’s codes', zaiRows)
