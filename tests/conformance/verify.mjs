// Verifies every credential of a demo with verifiers that share no code with Laurel: Digital Bazaar's for embedded
// proofs, `jose` for tokens. Everything is read from files; nothing is fetched.
//
//   node verify.mjs OUT CONTEXTS      OUT: what `laurel demo` wrote; CONTEXTS: the folder of JSON-LD contexts

import {readFileSync, readdirSync} from 'node:fs';
import {basename, join} from 'node:path';

import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {defaultDocumentLoader, verifyCredential} from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {compactVerify, decodeProtectedHeader, importJWK} from 'jose';

const [out, contextFolder] = process.argv.slice(2);
if(!out || !contextFolder) {
  console.error('usage: node verify.mjs OUT CONTEXTS');
  process.exit(2);
}

const CONTEXTS = {
  'https://www.w3.org/ns/credentials/v2': 'credentials-v2.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': 'ob-v3p0-context-3.0.3.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': 'ob-v3p0-extensions.json',
  'https://w3id.org/security/multikey/v1': 'security-multikey-v1.json',
};
const JWT_HEADER = ['alg', 'kid', 'typ'];
const json = path => JSON.parse(readFileSync(path, 'utf8'));

const issuers = new Map(readdirSync(join(out, 'issuers')).map(tenant => {
  const document = json(join(out, 'issuers', tenant, 'did.json'));
  return [document.id, document];
}));
const lists = json(join(out, 'status', 'index.json'));

function methodOf(kid) {
  const [did] = kid.split('#');
  const method = issuers.get(did)?.verificationMethod.find(each => each.id === kid);
  if(!method || !issuers.get(did).assertionMethod.includes(kid)) {
    throw new Error(`no issuer publishes ${kid}`);
  }
  return method;
}

async function documentLoader(url) {
  const found = document => ({contextUrl: null, documentUrl: url, document});
  if(CONTEXTS[url]) {
    return found(json(join(contextFolder, CONTEXTS[url])));
  }
  if(lists[url]) {
    return found(json(join(out, lists[url].json)));
  }
  if(issuers.has(url)) {
    return found(issuers.get(url));
  }
  if(url.startsWith('did:')) {
    return found({'@context': 'https://w3id.org/security/multikey/v1', ...methodOf(url)});
  }
  return defaultDocumentLoader(url); // refuses what it doesn't carry
}

async function embedded(credential) {
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await verifyCredential({
    credential: structuredClone(credential), suite, documentLoader, checkStatus, now: new Date(credential.validFrom)
  });
  if(!result.verified) {
    throw new Error(result.error?.errors?.map(String).join('; ') ?? String(result.error));
  }
  if(result.statusResult.results.some(each => each.status)) {
    return 'revoked';
  }
  return Date.parse(credential.validUntil) <= Date.now() ? 'expired' : 'stands';
}

async function token(jws) {
  const header = decodeProtectedHeader(jws);
  if(Object.keys(header).sort().join() !== JWT_HEADER.join() || header.typ !== 'JWT') {
    throw new Error(`header ${JSON.stringify(header)}`);
  }
  const {publicKeyJwk} = methodOf(header.kid);
  const {payload} = await compactVerify(jws, await importJWK(publicKeyJwk, header.alg), {algorithms: [header.alg]});
  const said = JSON.parse(new TextDecoder().decode(payload));
  const seconds = moment => Date.parse(moment) / 1000;
  const agrees = said.iss === said.issuer.id && said.jti === said.id && said.sub === said.credentialSubject.id &&
    said.nbf === seconds(said.validFrom) && (said.exp === undefined || said.exp === seconds(said.validUntil));
  if(!agrees || header.kid.split('#')[0] !== said.iss) {
    throw new Error('the claims say something else than the credential');
  }
}

// one byte in the middle of something that carries meaning
function changedName(credential) {
  const name = credential.name;
  return {...credential, name: (name[0] === 'X' ? 'Y' : 'X') + name.slice(1)};
}

function changedToken(jws) {
  const middle = jws.indexOf('.') + 40;
  return jws.slice(0, middle) + (jws[middle] === 'A' ? 'B' : 'A') + jws.slice(middle + 1);
}

async function refused(work) {
  try {
    await work();
  } catch {
    return;
  }
  throw new Error('accepted with one byte changed');
}

let failures = 0;
async function tell(name, work) {
  try {
    console.log(`ok      ${name}  ${await work()}`);
  } catch(error) {
    failures += 1;
    console.log(`FAILED  ${name}  ${error.message}`);
  }
}

const files = readdirSync(join(out, 'credentials')).sort();
for(const file of files) {
  const path = join(out, 'credentials', file);
  if(file.endsWith('.json')) {
    await tell(basename(file), async () => {
      const credential = json(path);
      const status = await embedded(credential);
      await refused(() => embedded(changedName(credential)));
      return `embedded proof, ${status}; one changed byte is refused`;
    });
  } else if(file.endsWith('.jwt')) {
    await tell(basename(file), async () => {
      const jws = readFileSync(path, 'utf8').trim();
      await token(jws);
      await refused(() => token(changedToken(jws)));
      return 'token; one changed byte is refused';
    });
  }
}
for(const [url, {jwt}] of Object.entries(lists)) {
  await tell(url, async () => {
    const jws = readFileSync(join(out, jwt), 'utf8').trim();
    const {publicKeyJwk} = methodOf(decodeProtectedHeader(jws).kid);
    await compactVerify(jws, await importJWK(publicKeyJwk, decodeProtectedHeader(jws).alg));
    return 'status list token';
  });
}
const checked = files.filter(file => /\.(json|jwt)$/.test(file)).length;
console.log(`${checked} credentials, ${Object.keys(lists).length} status lists, ${failures} failures`);
process.exit(failures === 0 && checked > 0 ? 0 : 1);
