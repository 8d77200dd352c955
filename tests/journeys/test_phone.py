def test_smoke(seat):
    s = seat("social_worker")
    r = s.go("/")
    assert r.status == 200
    from tests.journeys.browser import findings, overflow
    print(s.said, findings(s.page), overflow(s.page))
    assert 0, s.text()
