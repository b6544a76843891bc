"""The words of the Acme org, and the texts that trouble software: accents, emoji, line breaks, quotes, digits."""

from __future__ import annotations

from random import Random

FIRST_NAMES = (
    *("Aisha", "Anaïs", "Björn", "Camille", "Chen", "Dmitri", "Élodie", "Fatima", "Giulia", "Hannah", "Ingrid"),
    *("Jürgen", "Kwame", "Lena", "Łukasz", "Mateo", "Núria", "Olga", "Priya", "Quentin", "Rosa", "Søren"),
    *("Tomás", "Uma", "Václav", "Wei", "Ximena", "Yuki", "Zoë", "Seán"),
)
LAST_NAMES = (
    *("Andersson", "Bauer", "Castillo", "D'Angelo", "Dubois", "Eriksen", "Fischer", "García", "Haddad"),
    *("Ibrahim", "Jansen", "Kowalczyk", "Lefèvre", "Müller", "Nakamura", "O'Brien", "Pérez", "Quispe"),
    *("Rossi", "Šimić", "Tanaka", "Ünal", "van der Berg", "Weiß", "Xu", "Yılmaz", "Żak", "Okafor"),
)
CITIES = (
    *(("Berlin", "Germany"), ("München", "Germany"), ("Zürich", "Switzerland"), ("São Paulo", "Brazil")),
    *(("Kraków", "Poland"), ("Lyon", "France"), ("Austin", "United States"), ("東京", "Japan")),
    *(("Malmö", "Sweden"), ("Dublin", "Ireland"), ("İzmir", "Türkiye"), ("Toronto", "Canada")),
)
TITLES = ("CFO", "Head of IT", "IT Manager", "Operations Lead", "VP Sales", "Chief of Staff", "Analyst", None)
DEPARTMENTS = ("Finance", "IT", "Operations", "R&D", "Sales", None, None)
_COMPANY_STARTS = (
    *("Alder", "Amber", "Baltic", "Beacon", "Blue", "Bright", "Cedar", "Cobalt", "Copper", "Delta", "Ember"),
    *("Falcon", "Flint", "Global", "Golden", "Harbour", "Iron", "Juniper", "Kestrel", "Lumen", "Maple"),
    *("Nordic", "Nova", "Oak", "Onyx", "Pioneer", "Quartz", "Rapid", "River", "Saffron", "Silver", "Summit"),
)
_COMPANY_ENDS = (
    *("Analytics", "Bank", "Brewing", "Data", "Dynamics", "Energy", "Foods", "Freight", "Health", "Labs"),
    *("Logistics", "Media", "Motors", "Networks", "Optics", "Pharma", "Robotics", "Software", "Systems"),
)
_COMPANY_FORMS = (" GmbH", " AG", " Inc.", " Ltd", " S.A.", " AB", " B.V.", "", "", "")
ODD_COMPANIES = (
    *("Müller & Söhne GmbH", "Ångström Labs AB", "🚀 Rocket Retail", 'Joe "The Tool" Ltd', "Smith, Jones & Co"),
    *("O'Reilly Freight", "100% Organic_Foods", "C:\\Temp Staffing", "株式会社さくら", "شركة النور", "NULL"),
    *("=SUM(A1:A9) Consulting", "Zażółć Gęślą Sp. z o.o.", "Naïve Café\u00a0SARL", "a", "-1 Degrees", "true"),
    *(
        "Straße 7 ‘Kontor’",
        "Ελλάς Data",
        "Łódź; Partners",
        "👩‍👩‍👧‍👦 Family Foods",
        "Tab & Space Inc.",
        "İstanbul Nakliyat",
    ),
)
TEXTS = (
    "Wants a quote before the end of the quarter.",
    "Met at the fair in Köln.\nAsked for: price list, references, a pilot.",
    "First line\r\nsecond line\r\n\r\nlast line, after an empty one",
    'Says "yes, but", then nothing.',
    "Very happy 🎉👍🏽 - renewal is a formality",
    "Comma, semicolon; tab\tand a 'single' quote",
    "“Typographic” quotes – and a dash",
    "https://example.com/?q=a%20b&c=<d>",
    "C:\\new\\table",
    "null",
    "Écrit à la main, relu deux fois.",
    "日本語の説明文です。",
)
SUBJECTS = (
    *("Cannot sign in", "Report is empty", "Export fails with “error 500”", "Wrong amount, again", "Feature request"),
    *("Dashboard slow 🐌", "Question about the invoice", 'Button "Save" does nothing', "Données manquantes"),
)


def company(random: Random, number: int) -> str:
    """The name of the company with that number; the odd ones come first, some names occur twice."""
    if number < len(ODD_COMPANIES):
        return ODD_COMPANIES[number]
    parts = (random.choice(_COMPANY_STARTS), random.choice(_COMPANY_ENDS), random.choice(_COMPANY_FORMS))
    return "{} {}{}".format(*parts)


def website(random: Random, number: int) -> str | None:
    """A website as people type it."""
    host = f"{random.choice(_COMPANY_STARTS)}-{random.choice(_COMPANY_ENDS)}-{number}.example".lower()
    forms = (
        *(f"https://www.{host}", f"http://{host}/", host, f"www.{host}", f"HTTP://WWW.{host.upper()}/Path?q=1"),
        *(f"{host.title()}", f"https://shop.{host}:8443/de#top", f"https://{host}", None, None, "n/a"),
    )
    return random.choice(forms)


def maybe_text(random: Random, share: float) -> str | None:
    """A text in that share of cases."""
    return random.choice(TEXTS) if random.random() < share else None


def digits(random: Random) -> str | None:
    """A reference of the billing system: digits that are not a number, or empty."""
    forms = (
        *(f"{random.randrange(10**18):018d}", f"00{random.randrange(10**6):06d}", "123456789012345678"),
        *(f"{random.randrange(10**9)}E5", None, None),
    )
    return random.choice(forms)


def amount(random: Random, low: int, high: int) -> str:
    """An amount: mostly round, some with cents, a few with more decimals than the page shows."""
    whole = random.randrange(low, high)
    form = random.random()
    if form < 0.70:
        return str(whole // 100 * 100)
    if form < 0.92:
        return f"{whole}.{random.randrange(100):02d}"
    return f"{whole}.{random.randrange(10**6):06d}"
