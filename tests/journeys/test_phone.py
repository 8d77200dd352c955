import pytest
from tests.journeys import pages, scene as scenes
from tests.journeys.browser import *
from tests.journeys import browser as b
import time
@pytest.fixture(scope="module")
def scene(site):
    return scenes.set_up(site)

def test_all(seat, scene):
    s = seat("social_worker")
    for p in [p for p in pages.PAGES if p.who=="social_worker"][:8]:
        out=[]
        t=time.time(); s.go(p.address(scene)); out.append(time.time()-t)
        t=time.time(); s.page.evaluate(b.axe_source()); out.append(time.time()-t)
        t=time.time(); findings(s.page); out.append(time.time()-t)
        t=time.time(); s.resize(390); out.append(time.time()-t)
        t=time.time(); findings(s.page); out.append(time.time()-t)
        t=time.time(); overflow(s.page); out.append(time.time()-t)
        t=time.time(); s.page.evaluate(b.FIND.replace('preload: false','preload: false, rules: {"color-contrast": {enabled: false}}')); out.append(time.time()-t)
        s.resize(1280)
        from tests.conftest import signed_in
        print(p.id, [round(x*1000) for x in out])
    assert 0
