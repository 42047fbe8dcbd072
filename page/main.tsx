import './api/key.js'
import { render } from 'solid-js/web'
import { App } from './app.js'
import './styles/index.css'

render(() => <App />, document.getElementById('app')!)
