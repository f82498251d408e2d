"""People who sign in for an account: roles, passwords, and the codes of their telephones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from sqlalchemy import insert, select

from hub.accounts.model import Role
from hub.accounts.secrets import hash_password
from hub.accounts.tables import user_recovery_codes, user_totp
from hub.accounts.tables import users as table
from hub.errors import Conflict, NotAuthenticated, NotFound, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.accounts.model import Account, User
    from hub.accounts.second_factor import SecondFactor
    from hub.accounts.service import Accounts
    from hub.accounts.tokens import Tokens
    from hub.accounts.users import Users
    from hub.store.engine import Store
    from hub.testing.clock import FakeClock

PASSWORD = "several words do well"
EVE = "eve@example.org"


@pytest.fixture
def account(accounts: Accounts) -> Account:
    """An account without people."""
    return accounts.create("Salon Exemple", "FR")[0]


@pytest.fixture(scope="session")
def hashed() -> str:
    """Her password as it is kept; to make it is slow, as it must be."""
    return hash_password(PASSWORD)


@pytest.fixture
def eve(users: Users, account: Account, hashed: str) -> User:
    """Its owner."""
    with users.store.write("test") as connection:
        row = {"account_id": account.id, "email": EVE, "password_hash": hashed, "created_at": users.clock.now()}
        connection.execute(insert(table), row)
    return users.find(account.id, EVE)


@pytest.fixture
def max_(users: Users, account: Account, hashed: str, eve: User) -> User:
    """Another owner, who came after her."""
    with users.store.write("test") as connection:
        row = {"account_id": account.id, "email": "max@example.org", "password_hash": hashed}
        connection.execute(insert(table), row | {"created_at": eve.created_at})
    return users.find(account.id, "max@example.org")


@pytest.fixture
def phone(second_factor: SecondFactor, eve: User, clock: FakeClock) -> Callable[..., str]:
    """Her telephone, set up: it shows a code, of so many seconds from now."""
    totp = pyotp.TOTP(second_factor.begin(eve.account_id, eve.id, PASSWORD).secret)
    second_factor.confirm(eve.account_id, eve.id, totp.at(clock.now()))
    clock.advance(seconds=60)
    return lambda seconds=0: totp.at(clock.now().timestamp() + seconds)


def code_of(error: pytest.ExceptionInfo[RequestRefused]) -> str:
    """Which rule it is."""
    return error.value.code


# --- signing in with a password ---


def test_a_person_signs_in_with_address_and_password(accounts: Accounts, users: Users) -> None:
    """The address in whatever case."""
    account, _ = accounts.create("Salon", "FR")
    user = users.create(account.id, "Eve@Example.org", PASSWORD)
    assert (user.email, users.sign_in("eve@EXAMPLE.org", PASSWORD)) == ("eve@example.org", user)


def test_passwords_are_stored_as_hashes_only(accounts: Accounts, users: Users) -> None:
    """Argon2id."""
    account, _ = accounts.create("Salon", "FR")
    users.create(account.id, "eve@example.org", PASSWORD)
    with accounts.store.read() as connection:
        (row,) = connection.execute(select(table)).all()
    assert (row.password_hash[:10], PASSWORD in str(row)) == ("$argon2id$", False)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("eve@example.org", "wrong"),
        ("mallory@example.org", PASSWORD),
        ("", ""),
        ("\x00@a.b", PASSWORD),
        ("\ud800", "\ud800"),
    ],
)
def test_whoever_does_not_know_both_stays_out_and_learns_nothing(
    accounts: Accounts, users: Users, email: str, password: str
) -> None:
    """The same words for an unknown address and for a wrong password."""
    account, _ = accounts.create("Salon", "FR")
    users.create(account.id, "eve@example.org", PASSWORD)
    with pytest.raises(NotAuthenticated, match="do not belong together"):
        users.sign_in(email, password)


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"email": "eve"}, "not_an_address"),
        ({"email": "e\x00ve@example.org"}, "not_an_address"),
        ({"email": "eve@example.\ud800"}, "not_an_address"),
        ({"email": "eve @example.org"}, "not_an_address"),
        ({"password": "short"}, "too_short"),
    ],
)
def test_a_bad_address_or_a_weak_password_is_refused(
    accounts: Accounts, users: Users, wishes: dict[str, Any], code: str
) -> None:
    """The message says which."""
    account, _ = accounts.create("Salon", "FR")
    usual = {"email": "eve@example.org", "password": PASSWORD}
    with pytest.raises(RequestRefused) as refused:
        users.create(account.id, **usual | wishes)
    assert refused.value.code == code


def test_an_address_signs_in_to_one_account_only(accounts: Accounts, users: Users) -> None:
    """The second one hears so."""
    first, second = (accounts.create(name, "FR")[0] for name in "AB")
    users.create(first.id, "eve@example.org", PASSWORD)
    with pytest.raises(Conflict) as refused:
        users.create(second.id, "EVE@example.org", PASSWORD)
    assert refused.value.code == "email_taken"


def test_a_locked_account_neither_signs_in_nor_sends_until_it_is_unlocked(
    accounts: Accounts, users: Users, tokens: Tokens
) -> None:
    """Token and password alike."""
    account, token = accounts.create("Salon", "FR")
    users.create(account.id, "eve@example.org", PASSWORD)
    accounts.lock(account.id, locked=True)
    for knock in (lambda: tokens.caller(token.secret).account, lambda: users.sign_in("eve@example.org", PASSWORD)):
        with pytest.raises(NotAuthenticated, match="locked"):
            knock()
    accounts.lock(account.id, locked=False)
    assert tokens.caller(token.secret).account.id == users.sign_in("eve@example.org", PASSWORD).account_id


def test_a_wrong_password_does_not_tell_that_the_account_is_locked(accounts: Accounts, users: Users) -> None:
    """Only who may come in learns why not."""
    account, _ = accounts.create("Salon", "FR")
    users.create(account.id, "eve@example.org", PASSWORD)
    accounts.lock(account.id, locked=True)
    with pytest.raises(NotAuthenticated, match="do not belong together"):
        users.sign_in("eve@example.org", "something else")


# --- other passwords ---


def test_a_password_that_is_soon_guessed_is_refused(users: Users, account: Account, eve: User) -> None:
    """When it is made, reset and changed alike."""
    for act in (
        lambda: users.create(account.id, "max@example.org", "motdepasse123"),
        lambda: users.reset_password(account.id, eve.id, "motdepasse123"),
        lambda: users.change_password(account.id, eve.id, PASSWORD, "motdepasse123"),
    ):
        with pytest.raises(RequestRefused) as refused:
            act()
        assert code_of(refused) == "too_common"
    assert users.all(account.id) == (eve,)


def test_an_owner_resets_a_password(users: Users, eve: User) -> None:
    """The old one opens nothing any more."""
    users.reset_password(eve.account_id, eve.id, "quatre autres mots")
    with pytest.raises(NotAuthenticated):
        users.sign_in(EVE, PASSWORD)
    assert users.sign_in(EVE, "quatre autres mots") == eve


def test_one_changes_ones_own_password_by_showing_it(users: Users, eve: User) -> None:
    """A wrong one changes nothing."""
    with pytest.raises(NotAuthenticated):
        users.change_password(eve.account_id, eve.id, "not my password", "quatre autres mots")
    users.change_password(eve.account_id, eve.id, PASSWORD, "quatre autres mots")
    assert users.sign_in(EVE, "quatre autres mots") == eve


# --- who may do what, and for which account ---


def test_people_are_listed_with_their_roles(users: Users, account: Account, eve: User) -> None:
    """Page by page, the oldest first."""
    max_ = users.create(account.id, "Max@example.org", PASSWORD, Role.VIEWER)
    pages = (users.all(account.id, limit=1), users.all(account.id, after=eve.id))
    assert (pages, max_.role) == (((eve,), (max_,)), Role.VIEWER)


def test_a_role_is_changed(users: Users, account: Account, eve: User, max_: User) -> None:
    """Once there is another owner."""
    assert max_.role is Role.OWNER
    assert users.set_role(account.id, eve.id, Role.SENDER).role is Role.SENDER
    assert users.get(account.id, eve.id).role is Role.SENDER


def test_the_last_owner_stays(users: Users, account: Account, eve: User, max_: User) -> None:
    """Neither lowered nor removed."""
    users.set_role(account.id, max_.id, Role.MANAGER)
    with pytest.raises(Conflict) as lowered:
        users.set_role(account.id, eve.id, Role.VIEWER)
    with pytest.raises(Conflict) as removed:
        users.remove(account.id, eve.id)
    assert (code_of(lowered), code_of(removed), users.get(account.id, eve.id)) == ("last_owner", "last_owner", eve)


def test_of_two_owners_who_lower_each_other_one_stays(users: Users, account: Account, eve: User, max_: User) -> None:
    """Whoever comes second hears that it is the last one."""

    def lower(user_id: int) -> bool:
        try:
            users.set_role(account.id, user_id, Role.VIEWER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        lowered = list(pool.map(lower, (eve.id, max_.id)))
    owners = [one for one in users.all(account.id) if one.role is Role.OWNER]
    assert (sorted(lowered), len(owners)) == ([False, True], 1)


def test_who_is_removed_signs_in_no_more(users: Users, max_: User, eve: User, phone: Callable[..., str]) -> None:
    """And nothing of them stays."""
    users.remove(max_.account_id, eve.id)
    with pytest.raises(NotAuthenticated):
        users.sign_in(EVE, PASSWORD, phone())
    with users.store.read() as connection:
        left = [connection.execute(select(one)).all() for one in (user_totp, user_recovery_codes)]
    assert left == [[], []]


def test_nobody_reaches_anothers_people(
    accounts: Accounts, users: Users, second_factor: SecondFactor, max_: User, eve: User
) -> None:
    """They are not found, and nothing happens to them."""
    other, codes, who = accounts.create("Boutique Exemple", "FR")[0].id, second_factor, eve.id
    for act in (
        partial(users.get, other, who),
        partial(users.set_role, other, who, Role.VIEWER),
        partial(users.remove, other, who),
        partial(users.reset_password, other, who, "quatre autres mots"),
        partial(users.change_password, other, who, PASSWORD, "quatre autres mots"),
        partial(users.find, other, EVE),
        partial(codes.begin, other, who, PASSWORD),
        partial(codes.confirm, other, who, "123456"),
        partial(codes.remove, other, who, PASSWORD, "123456"),
        partial(codes.take_off, other, who),
    ):
        with pytest.raises(NotFound):
            act()
    assert users.all(eve.account_id) == (eve, max_)
    assert users.sign_in(EVE, PASSWORD) == eve


def test_nobody_signs_in_for_an_account_that_is_not_there(users: Users) -> None:
    """It is not found."""
    with pytest.raises(NotFound):
        users.create(999, EVE, PASSWORD)


# --- codes of a telephone ---


def test_the_secret_is_for_a_telephone_and_sealed_in_the_database(
    second_factor: SecondFactor, eve: User, store: Store
) -> None:
    """The app gets an address that names the hub and the person."""
    begun = second_factor.begin(eve.account_id, eve.id, PASSWORD)
    with store.read() as connection:
        (row,) = connection.execute(select(user_totp)).all()
    read = pyotp.parse_uri(begun.uri)
    assert (read.secret, read.name, read.issuer) == (begun.secret, EVE, "TextoHub")
    assert begun.secret not in str(row)
    assert begun.secret not in repr(begun)


def test_nothing_is_asked_for_before_a_first_code_was_right(
    users: Users, second_factor: SecondFactor, eve: User, clock: FakeClock
) -> None:
    """Whoever mistypes it is not locked out."""
    totp = pyotp.TOTP(second_factor.begin(eve.account_id, eve.id, PASSWORD).secret)
    with pytest.raises(NotAuthenticated) as refused:
        second_factor.confirm(eve.account_id, eve.id, totp.at(clock.now().timestamp() + 3600))
    assert (code_of(refused), users.sign_in(EVE, PASSWORD)) == ("wrong_code", eve)


def test_one_begun_again_is_the_last_one(second_factor: SecondFactor, eve: User, clock: FakeClock) -> None:
    """The secret of before is worth nothing."""
    first, second = (pyotp.TOTP(second_factor.begin(eve.account_id, eve.id, PASSWORD).secret) for _ in range(2))
    with pytest.raises(NotAuthenticated):
        second_factor.confirm(eve.account_id, eve.id, first.at(clock.now()))
    assert len(second_factor.confirm(eve.account_id, eve.id, second.at(clock.now()))) == 10


def test_who_has_codes_begins_no_others(
    second_factor: SecondFactor, users: Users, eve: User, phone: Callable[..., str]
) -> None:
    """A stranger at an open desk would put their own telephone in its place."""
    with pytest.raises(Conflict) as begun:
        second_factor.begin(eve.account_id, eve.id, PASSWORD)
    with pytest.raises(Conflict) as confirmed:
        second_factor.confirm(eve.account_id, eve.id, phone())
    assert (code_of(begun), code_of(confirmed)) == ("totp_on", "totp_on")
    assert users.sign_in(EVE, PASSWORD, phone()).has_totp


def test_what_was_not_begun_is_not_confirmed(second_factor: SecondFactor, eve: User) -> None:
    """There is no secret."""
    with pytest.raises(Conflict) as refused:
        second_factor.confirm(eve.account_id, eve.id, "123456")
    assert code_of(refused) == "totp_not_begun"


@pytest.mark.parametrize("act", ["begin", "remove"])
def test_the_password_is_asked_for(
    second_factor: SecondFactor, users: Users, eve: User, phone: Callable[..., str], act: str
) -> None:
    """To begin, and to stop."""
    more = (phone(),) if act == "remove" else ()
    with pytest.raises(NotAuthenticated, match="do not belong together"):
        getattr(second_factor, act)(eve.account_id, eve.id, "not my password", *more)
    assert users.get(eve.account_id, eve.id).has_totp


@pytest.mark.parametrize(
    ("code", "why"),
    [(None, "code_needed"), ("", "code_needed"), ("000000x", "wrong_code"), ("x" * 999, "wrong_code")],
)
def test_a_password_alone_does_not_do(users: Users, phone: Callable[..., str], code: str | None, why: str) -> None:
    """Nor with anything that is no code."""
    assert phone()
    with pytest.raises(NotAuthenticated) as refused:
        users.sign_in(EVE, PASSWORD, code)
    assert code_of(refused) == why


@pytest.mark.parametrize("code", ["\ud800", "\x00", "\u0661\u0662\u0663\u0664\u0665\u0666", "-", "12345", "1234567"])
def test_what_is_no_code_opens_nothing(
    second_factor: SecondFactor, eve: User, phone: Callable[..., str], code: str
) -> None:
    """Whatever it is."""
    assert phone()
    with pytest.raises(NotAuthenticated) as refused:
        second_factor.use(eve.id, code)
    assert code_of(refused) == "wrong_code"


def test_a_wrong_password_does_not_tell_that_codes_are_asked_for(users: Users, phone: Callable[..., str]) -> None:
    """Nor whether the code is right."""
    for code in (None, phone()):
        with pytest.raises(NotAuthenticated, match="do not belong together"):
            users.sign_in(EVE, "not my password", code)


def test_a_code_opens_once(users: Users, second_factor: SecondFactor, eve: User, phone: Callable[..., str]) -> None:
    """Who looked over her shoulder comes too late, with the code before it, too."""
    code, before = phone(), phone(-30)
    assert users.sign_in(EVE, PASSWORD, f" {code[:3]} {code[3:]} ").email == EVE
    for seen in (code, before):
        with pytest.raises(NotAuthenticated) as refused:
            second_factor.use(eve.id, seen)
        assert code_of(refused) == "code_used"


def test_a_code_that_comes_twice_at_once_opens_once(
    second_factor: SecondFactor, eve: User, phone: Callable[..., str]
) -> None:
    """In whichever order."""
    code = phone()

    def enter(_: int) -> bool:
        try:
            second_factor.use(eve.id, code)
        except NotAuthenticated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(enter, range(4))) == 1


@pytest.mark.parametrize(("seconds", "opens"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_telephones_clock_may_be_off_by_half_a_minute(
    second_factor: SecondFactor, eve: User, phone: Callable[..., str], clock: FakeClock, seconds: int, *, opens: bool
) -> None:
    """Either way, and no more."""
    clock.advance(seconds=120)
    try:
        second_factor.use(eve.id, phone(seconds))
    except NotAuthenticated:
        assert not opens
    else:
        assert opens


def test_each_recovery_code_opens_once(second_factor: SecondFactor, eve: User, clock: FakeClock) -> None:
    """Typed with dashes or without, in capitals too; there are ten, and none is kept as it is."""
    totp = pyotp.TOTP(second_factor.begin(eve.account_id, eve.id, PASSWORD).secret)
    codes = second_factor.confirm(eve.account_id, eve.id, totp.at(clock.now()))
    with second_factor.store.read() as connection:
        kept = str(connection.execute(select(user_recovery_codes)).all())
    assert (len(set(codes)), [one for one in codes if one.replace("-", "") in kept]) == (10, [])
    for code in codes:
        second_factor.use(eve.id, code.replace("-", "").upper())
        with pytest.raises(NotAuthenticated):
            second_factor.use(eve.id, code)


def test_codes_are_taken_away_on_password_and_code(
    users: Users, second_factor: SecondFactor, eve: User, phone: Callable[..., str]
) -> None:
    """A wrong code leaves all as it is."""
    with pytest.raises(NotAuthenticated):
        second_factor.remove(eve.account_id, eve.id, PASSWORD, "nothing like it")
    still = users.get(eve.account_id, eve.id).has_totp
    second_factor.remove(eve.account_id, eve.id, PASSWORD, phone())
    assert (still, users.sign_in(EVE, PASSWORD).has_totp) == (True, False)
    with pytest.raises(NotFound):
        second_factor.remove(eve.account_id, eve.id, PASSWORD, phone())


def test_the_operator_helps_who_has_lost_all(
    users: Users, second_factor: SecondFactor, eve: User, phone: Callable[..., str]
) -> None:
    """Without any code; there is nothing to take a second time."""
    assert phone()
    taken = [second_factor.take_off(eve.account_id, eve.id) for _ in range(2)]
    assert (taken, users.sign_in(EVE, PASSWORD)) == ([True, False], eve)


def test_who_is_no_owner_may_go_where_there_is_none(users: Users, account: Account) -> None:
    """Nobody is told that they are the last owner who never was one."""
    reader = users.create(account.id, "reader@shop.example", "a long and quiet sentence", Role.VIEWER)
    users.set_role(account.id, reader.id, Role.SENDER)
    users.remove(account.id, reader.id)
    assert users.all(account.id) == ()
