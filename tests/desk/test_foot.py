"""The foot of each page: in which zone its times are, and the line on paper in the digits of the reader."""

import re

from portal.audit.stamp import Stamp, stamping


def test_each_page_says_once_in_which_zone_its_times_are(cast, files, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        cast.social_worker.time_zone = "Europe/Lisbon"
        cast.social_worker.save()
    text = browse(cast.social_worker).get("/").content.decode()
    assert text.count("Times: Lisbon") == 1


def test_the_printed_line_is_written_as_arabic_is(cast, files, browse):
    text = browse(cast.social_worker).get("/", HTTP_ACCEPT_LANGUAGE="ar").content.decode()
    line = re.search(r'class="printed">([^<]*)<', text)[1]
    assert "،" in line
    assert not re.search("[0-9]", line)
