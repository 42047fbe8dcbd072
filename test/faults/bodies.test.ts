import { bodyRows } from './rows/bodies.js'
import { observeRows } from './run.js'

observeRows('answering something else', bodyRows)
