// An OpenID provider for the tests: node oidc.mjs PORT LIBRARY. Its tokens live for four seconds.
const [port, library] = process.argv.slice(2);
const {default: Provider} = await import(library);
const service = (id, scope) => ({
  client_id: id, client_secret: `CANARY-secret-of-${id}`, scope,
  grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
});
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [service('shop', 'api:read'), service('watch')],
  scopes: ['api:read', 'api:write'],
  features: {
    clientCredentials: {enabled: true},
    devInteractions: {enabled: false},
    introspection: {enabled: true, allowedPolicy: () => true},
    revocation: {enabled: true, allowedPolicy: () => true},
  },
  ttl: {ClientCredentials: 4},
});
provider.listen(Number(port), '127.0.0.1');
