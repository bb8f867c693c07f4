// ask.js TOPIC [JSON]: shows the sandbox's keys, secrets or requests; with JSON, first sends it
// something, such as a fault.
import { ask } from './control.js'

const [topic = '', told] = process.argv.slice(2)
console.log(JSON.stringify(await ask(topic, told), null, 2))
