"""Clusters of fakepve for the tests, and their faults, over plain HTTP on the loopback interface.

    POST   /clusters                 {"version": "8.4.1", "nodes": ["pve1", "pve2"], "time_scale": 0.0,
                                      "token_id": "havre@pve!test", "grants": [[user, path, [privilege, ...]], ...],
                                      "storages": {name: {...}}, "templates": [[storage, content, file, bytes], ...]}
                                     -> {"id", "url", "token_id", "token_secret", "user", "password", "fingerprint"}
    DELETE /clusters/ID
    POST   /clusters/ID/call         {"name": "lose_quorum", "args": [], "kwargs": {}}: see CALLS
    POST   /clusters/ID/set          {"time_scale": 0.1, ...}: see SETTABLE
    POST   /clusters/ID/guests/VMID  {"shutdown_secs": 90, "config": {...}}: attributes of a guest; config is merged
    GET    /clusters/ID/guests       {vmid: {"kind", "node", "status", "config", "pool", "snapshots"}}
    GET    /clusters/ID/requests     [[method, path, body], ...], oldest first
    DELETE /clusters/ID/requests

Everything may be left out. The file named by the argument gets NAME=VALUE lines once all is ready.
"""

import asyncio
import hashlib
import itertools
import secrets
import sys
import tempfile

from aiohttp import web

from fakepve.certs import make_cert
from fakepve.server import FakePve

CALLS = {
    'fail', 'lose_quorum', 'regain_quorum', 'set_node_offline', 'add_node', 'slow_network', 'flaky_network', 'hold_config_lock',
    'release_config_lock', 'snapshot_lock', 'unlock', 'backup', 'migrate', 'grant', 'store_file', 'revoke_tickets', 'add_ct',
    'add_vm', 'errors_for', 'add_ceph_storage', 'ceph_slow', 'ceph_down', 'ceph_recover', 'forget_failures', 'forget_grants',
    'remove_guest',
}
SETTABLE = {'time_scale', 'latency', 'version', 'release_version', 'tfa', 'ticket_ttl', 'lock_wait', 'ct_secs', 'acl'}
MOST = 512
TEMPLATES = [
    ['local', 'vztmpl', 'debian-12-standard_12.7-1_amd64.tar.zst', 126515062],
    ['local', 'import', 'debian-12-genericcloud-amd64.qcow2', 350000000],
]


class Clusters:
    def __init__(self, folder):
        self.all = {}
        self.ids = itertools.count(1)
        self.certfile, self.keyfile, der = make_cert(folder, hosts=('127.0.0.1',))
        self.fingerprint = ':'.join('%02X' % byte for byte in hashlib.sha256(der).digest())

    async def add(self, wanted):
        if len(self.all) >= MOST:
            raise web.HTTPTooManyRequests(text='too many clusters; delete some')
        pve = FakePve(user='root@pam', password=secrets.token_hex(12), host='127.0.0.1', port=0)
        token, secret = wanted.get('token_id', 'havre@pve!test'), secrets.token_hex(16)
        pve.apitokens[token] = secret
        pve.time_scale = wanted.get('time_scale', 0.0)
        if 'version' in wanted:
            pve.version = wanted['version']
            pve.release_version = '.'.join(wanted['version'].split('.')[:2])
        for node in wanted.get('nodes', []):
            pve.add_node(node)
        pve.storages['local']['content'] = 'iso,vztmpl,backup,import'
        for name, storage in wanted.get('storages', {}).items():
            pve.storages[name] = dict({'active': 1, 'files': set()}, **storage)
        for storage, content, name, size in wanted.get('templates', TEMPLATES):
            pve.store_file(storage, name, size, content=content)
        for user, path, privileges in wanted.get('grants', []):
            pve.grant(user, path, *privileges)
        await pve.start(self.certfile, self.keyfile)
        number = str(next(self.ids))
        self.all[number] = pve
        return {'id': number, 'url': pve.url, 'token_id': token, 'token_secret': secret, 'user': 'root@pam',
                'password': pve.password, 'fingerprint': self.fingerprint}

    def of(self, request):
        try:
            return self.all[request.match_info['id']]
        except KeyError:
            raise web.HTTPNotFound(text='no such cluster')


async def body(request):
    return await request.json() if request.can_read_body else {}


def plain(value):
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def forget_failures(pve):
    pve.failures.clear()


def forget_grants(pve, user):
    pve.acl = {name: grants for name, grants in (pve.acl or {}).items() if name != user}


def remove_guest(pve, vmid):
    """As if somebody had destroyed it by hand."""
    pve.vms = [vm for vm in pve.vms if vm.vmid != vmid]
    pve.cts = [ct for ct in pve.cts if ct.vmid != vmid]


OWN = {'forget_failures': forget_failures, 'forget_grants': forget_grants, 'remove_guest': remove_guest}


def routes(clusters):
    table = web.RouteTableDef()

    @table.post('/clusters')
    async def add(request):
        return web.json_response(await clusters.add(await body(request)))

    @table.delete('/clusters/{id}')
    async def remove(request):
        pve = clusters.of(request)
        del clusters.all[request.match_info['id']]
        await pve.stop()
        return web.json_response(None)

    @table.post('/clusters/{id}/call')
    async def call(request):
        pve, wanted = clusters.of(request), await body(request)
        name = wanted['name']
        if name not in CALLS:
            raise web.HTTPBadRequest(text='cannot be called: ' + name)
        args, kwargs = wanted.get('args', []), wanted.get('kwargs', {})
        try:
            result = OWN[name](pve, *args, **kwargs) if name in OWN else getattr(pve, name)(*args, **kwargs)
            if asyncio.iscoroutine(result):
                result = await result
        except Exception as error:
            raise web.HTTPBadRequest(text='{0}: {1}'.format(type(error).__name__, error))
        return web.json_response(plain(result))

    @table.post('/clusters/{id}/set')
    async def setting(request):
        pve = clusters.of(request)
        for name, value in (await body(request)).items():
            if name not in SETTABLE:
                raise web.HTTPBadRequest(text='cannot be set: ' + name)
            if isinstance(value, dict) and isinstance(getattr(pve, name), dict):
                getattr(pve, name).update(value)
            else:
                setattr(pve, name, value)
        return web.json_response(None)

    @table.post('/clusters/{id}/guests/{vmid}')
    async def guest(request):
        found = clusters.of(request).guest(int(request.match_info['vmid']))
        if found is None:
            raise web.HTTPNotFound(text='no such guest')
        for name, value in (await body(request)).items():
            if name.startswith('_') or not hasattr(found, name):
                raise web.HTTPBadRequest(text='a guest has no ' + name)
            if name == 'config':
                found.config.update(value)
            else:
                setattr(found, name, value)
        return web.json_response(None)

    @table.get('/clusters/{id}/guests')
    async def guests(request):
        pve = clusters.of(request)
        pools = {vmid: name for name, members in pve.pools.items() for vmid in members}
        found = {}
        for kind, some in (('qemu', pve.vms), ('lxc', pve.cts)):
            for one in some:
                found[str(one.vmid)] = {'kind': kind, 'node': one.node, 'status': one.status, 'config': plain(one.config),
                                        'pool': pools.get(one.vmid), 'snapshots': sorted(one.snapshots)}
        return web.json_response(found)

    @table.get('/clusters/{id}/requests')
    async def requests(request):
        return web.json_response(plain(clusters.of(request).requests))

    @table.delete('/clusters/{id}/requests')
    async def forget(request):
        clusters.of(request).requests.clear()
        return web.json_response(None)

    return table


async def main(ready):
    with tempfile.TemporaryDirectory(prefix='havre-fakepve-') as folder:
        clusters = Clusters(folder)
        app = web.Application()
        app.add_routes(routes(clusters))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, '127.0.0.1', 0).start()
        first = await clusters.add({})
        lines = {
            'HAVRE_TEST_PVE_CONTROL': 'http://127.0.0.1:{0}'.format(runner.addresses[0][1]),
            'HAVRE_TEST_PVE_URL': first['url'],
            'HAVRE_TEST_PVE_TOKEN_ID': first['token_id'],
            'HAVRE_TEST_PVE_TOKEN_SECRET': first['token_secret'],
            'HAVRE_TEST_PVE_FINGERPRINT': first['fingerprint'],
        }
        # At once, so that whoever waits for it never sees half of it.
        with open(ready, 'w') as out:
            out.write(''.join('{0}={1}\n'.format(*line) for line in lines.items()))
        await asyncio.Event().wait()


if __name__ == '__main__':
    asyncio.run(main(sys.argv[1]))
