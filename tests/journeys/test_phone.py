import pytest
from tests.journeys import pages, scene as scenes
from tests.journeys.browser import findings, overflow
import time
@pytest.fixture(scope="module")
def scene(site):
    t=time.time(); s= scenes.set_up(site); print("scene", time.time()-t); return s

def test_all(seat, scene):
    seats={}
    bad=0
    t0=time.time(); ta=0; tg=0
    for p in pages.PAGES:
        s = seats.get(p.who) or seats.setdefault(p.who, seat(p.who))
        try:
            t=time.time()
            r = s.go(p.address(scene)); tg+=time.time()-t
            t=time.time()
            f = findings(s.page); ta+=time.time()-t
            print(p.id, r.status, s.page.title(), s.page.url[len(scene.site.url):][:60], s.said, f, overflow(s.page))
        except Exception as e:
            print(p.id, "FAIL", str(e)[:300])
    print(time.time()-t0, ta, tg, len(pages.PAGES))
    assert 0
