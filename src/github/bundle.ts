// What a step loads only when it sends requests to GitHub, and therefore one file in dist/.
export { connectPullRequests } from './pull-requests.js'
export { connectSecrets } from './secrets.js'
