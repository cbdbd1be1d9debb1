//! What may stand in a path, a query or a list of options, and what may not.

use proptest::prelude::*;
use rstest::rstest;

use crate::call::encoded;
use crate::names::*;
use crate::props::SshKey;
use crate::{BaseUrl, Fingerprint};

/// Texts that must never get through any of the names.
const HOSTILE: &[&str] = &[
    "",
    "..",
    "../x",
    "a/../b",
    "a b",
    "a\nb",
    "a\r\nHost: x",
    "a?b",
    "a#b",
    "a%2f",
    "a&b=c",
    "a\0b",
    "é",
    "-a",
];

#[test]
fn nothing_hostile_is_a_name() {
    for text in HOSTILE {
        assert!(text.parse::<NodeName>().is_err(), "{text:?}");
        assert!(text.parse::<StorageId>().is_err(), "{text:?}");
        assert!(text.parse::<SnapName>().is_err(), "{text:?}");
        assert!(text.parse::<PoolId>().is_err() || *text == "-a", "{text:?}");
        assert!(text.parse::<Bridge>().is_err(), "{text:?}");
        assert!(text.parse::<HostName>().is_err(), "{text:?}");
        assert!(text.parse::<FileName>().is_err(), "{text:?}");
        assert!(text.parse::<Tag>().is_err(), "{text:?}");
        assert!(text.parse::<Vmid>().is_err(), "{text:?}");
        assert!(text.parse::<Upid>().is_err(), "{text:?}");
        assert!(text.parse::<Volid>().is_err(), "{text:?}");
        assert!(text.parse::<ConfigKey>().is_err(), "{text:?}");
        assert!(
            text.parse::<TokenId>().is_err() && text.parse::<UserId>().is_err(),
            "{text:?}"
        );
    }
}

#[rstest]
#[case(
    "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
    "debian-12-standard_12.7-1_amd64.tar.zst"
)]
#[case("local-zfs:subvol-100-disk-0", "subvol-100-disk-0")]
#[case("local-btrfs:100/vm-100-disk-0.raw", "vm-100-disk-0.raw")]
#[case("local-lvm:base-100-disk-0/vm-101-disk-0", "vm-101-disk-0")]
fn a_volume_is_read(#[case] text: &str, #[case] file: &str) {
    let volume: Volid = text.parse().unwrap();
    assert_eq!((volume.to_string().as_str(), volume.file()), (text, file));
}

#[rstest]
#[case("local")]
#[case("local:")]
#[case("local:a,size=9G")]
#[case("local:../../etc/shadow")]
#[case("local:a//b")]
#[case("l:x")]
fn what_is_no_volume_is_refused(#[case] text: &str) {
    assert!(text.parse::<Volid>().is_err());
}

#[test]
fn a_task_tells_its_node_and_its_guest() {
    let text = "UPID:pve1:0001A2B3:1234ABCDE:65F0A1B2:vzclone:100:havre@pve!deploy:";
    let upid: Upid = text.parse().unwrap();
    assert_eq!(
        (upid.node().as_str(), upid.kind(), upid.user()),
        ("pve1", "vzclone", "havre@pve!deploy")
    );
    assert_eq!(
        (upid.vmid().map(Vmid::get), upid.started()),
        (Some(100), 0x65F0_A1B2)
    );
    assert_eq!(upid.to_string(), text);
    assert_eq!(
        encoded(text),
        text.replace(':', "%3A")
            .replace('@', "%40")
            .replace('!', "%21")
    );
}

#[rstest]
#[case("UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam")]
#[case("UPID:pve1:1A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam:")]
#[case("UPID:pve1:0001A2B3:1234ABCDEF:65F0A1B2:vzclone:100:root@pam:")]
#[case("UPID:../x:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam:")]
#[case("UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vz/clone:100:root@pam:")]
#[case("UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam:more:")]
#[case("DOWN:pve1:0001A2B3:1234ABCD:65F0A1B2:vzclone:100:root@pam:")]
fn what_is_no_task_is_refused(#[case] text: &str) {
    assert!(text.parse::<Upid>().is_err());
}

#[test]
fn a_download_has_a_task_without_a_guest() {
    let upid: Upid = "UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:aptupdate::root@pam:"
        .parse()
        .unwrap();
    assert_eq!((upid.vmid(), upid.id()), (None, ""));
    let upid: Upid = "UPID:pve1:0001A2B3:1234ABCD:65F0A1B2:download:debian-12.tar.zst:root@pam:"
        .parse()
        .unwrap();
    assert_eq!(upid.vmid(), None);
}

#[rstest]
#[case("current")]
#[case("vzdump")]
#[case("a")]
fn reserved_and_short_snapshot_names_are_refused(#[case] text: &str) {
    assert!(text.parse::<SnapName>().is_err());
}

#[test]
fn tags_are_sorted_lower_and_once() {
    let tags = Tags::of_config("Havre;blog, nodejs havre;-bad;x y");
    assert_eq!(tags.to_string(), "blog;havre;nodejs;x;y");
    assert_eq!(
        Tag::nearest("Next.js Ünï!")
            .map(|tag| tag.to_string())
            .as_deref(),
        Some("next.js--n")
    );
    assert_eq!(Tag::nearest("!!!"), None);
}

#[rstest]
#[case("pve1.example:8006", "https://pve1.example:8006")]
#[case("https://10.0.0.1:8006/", "https://10.0.0.1:8006")]
#[case("https://pve.example/api2/json", "https://pve.example")]
#[case("https://pve.example:8006/#v1:0:=node", "https://pve.example:8006")]
#[case("http://127.0.0.1:1/lab/api2/json/", "http://127.0.0.1:1/lab")]
#[case("https://[::1]:8006", "https://[::1]:8006")]
fn an_address_is_taken_as_people_copy_it(#[case] given: &str, #[case] wanted: &str) {
    assert_eq!(given.parse::<BaseUrl>().unwrap().as_str(), wanted);
}

#[rstest]
#[case("ftp://pve1")]
#[case("https://user:pass@pve1:8006")]
#[case("https://pve1:8006/?x=1")]
#[case("https://")]
#[case("")]
fn what_is_no_address_is_refused(#[case] given: &str) {
    assert!(given.parse::<BaseUrl>().is_err());
}

#[test]
fn a_fingerprint_is_read_with_and_without_colons() {
    let print = Fingerprint::of(b"certificate");
    let shown = print.to_string();
    assert_eq!(shown.len(), 95);
    assert_eq!(shown.parse::<Fingerprint>().unwrap(), print);
    assert_eq!(
        shown
            .replace(':', "")
            .to_lowercase()
            .parse::<Fingerprint>()
            .unwrap(),
        print
    );
    assert!(
        "AA:BB".parse::<Fingerprint>().is_err()
            && shown
                .replace(|c: char| c.is_ascii_digit(), "G")
                .parse::<Fingerprint>()
                .is_err()
    );
}

#[test]
fn a_key_is_one_line() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5mMbiFeo7cQ3H6YvQdJ8Qy7WfD5mYq0i0kXw6o1m2n havre@host";
    assert_eq!(key.parse::<SshKey>().unwrap().as_str(), key);
    for bad in [
        "ssh-ed25519",
        "ssh-ed25519 short",
        "rsa AAAA",
        &format!("{key}\n{key}"),
        "command=\"x\" ssh-ed25519 AAAA",
    ] {
        assert!(bad.parse::<SshKey>().is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn a_name_that_parses_needs_care_in_no_path(text in "\\PC{0,40}") {
        let plain = |name: &str| !name.contains(['/', '?', '#', '%', '&', '=', ';', ' ']) && name != "." && name != "..";
        if let Ok(name) = text.parse::<NodeName>() { prop_assert!(plain(name.as_str())); }
        if let Ok(name) = text.parse::<StorageId>() { prop_assert!(plain(name.as_str())); }
        if let Ok(name) = text.parse::<SnapName>() { prop_assert!(plain(name.as_str())); }
        if let Ok(name) = text.parse::<Bridge>() { prop_assert!(plain(name.as_str())); }
    }

    #[test]
    fn whatever_is_encoded_parts_nothing(text in ".{0,60}") {
        let written = encoded(&text);
        prop_assert!(written.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~%".contains(c)));
        prop_assert_eq!(percent_encoding::percent_decode_str(&written).decode_utf8().unwrap(), text);
    }

    #[test]
    fn the_nearest_tag_is_a_tag(text in ".{0,150}") {
        if let Some(tag) = Tag::nearest(&text) { prop_assert_eq!(tag.as_str().parse::<Tag>().unwrap(), tag); }
    }

    #[test]
    fn no_parser_panics(text in ".{0,200}") {
        let _ = (text.parse::<Upid>(), text.parse::<Volid>(), text.parse::<TokenId>(), text.parse::<BaseUrl>());
    }
}
