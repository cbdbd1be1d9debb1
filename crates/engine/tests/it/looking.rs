//! Looking at a cluster, and taking the guests of others into the list.

use domain::Status;
use domain::job::Work;
use domain::ports::Power;
use engine::Refusal;
use sim::Op;

use crate::lab::cluster_lab;

#[tokio::test]
async fn guests_of_others_become_records_that_nothing_is_done_to() {
    let (world, _folder, life) = cluster_lab().await;
    life.deploy("hello").await;
    world.foreign(101, "db", Power::Running, Some([10, 9, 9, 1].into()));
    world.foreign(102, "mail", Power::Stopped, None);
    world.foreign(103, "golden", Power::Stopped, None);
    world.change_foreign(103, |guest| guest.template = true);
    let first = life.engine.cluster_sync().await.unwrap();
    let vmids =
        |guests: &[engine::SyncedGuest]| guests.iter().map(|it| it.vmid).collect::<Vec<_>>();
    assert_eq!(
        vmids(&first.imported),
        [101, 102],
        "neither templates nor ours"
    );
    assert_eq!(first.imported[0].address, Some([10, 9, 9, 1].into()));
    let again = life.engine.cluster_sync().await.unwrap();
    assert!(again.imported.is_empty() && again.updated.is_empty() && again.deleted.is_empty());
    assert_eq!(again.skipped.len(), 2);
    let db = life.find("db").await;
    assert!(db.managed.is_none());
    assert_eq!((db.status, db.vm_id), (Some(Status::Running), Some(101)));

    world.foreign(101, "db", Power::Stopped, None);
    world.drop_foreign(102);
    let third = life.engine.cluster_sync().await.unwrap();
    assert_eq!(vmids(&third.updated), [101]);
    assert_eq!(
        third.deleted.iter().map(|it| it.vmid).collect::<Vec<_>>(),
        [102]
    );
    assert_eq!(life.status("db").await, Status::Stopped);
    assert_eq!(life.status("mail").await, Status::Deleted);

    // Removing the record does nothing to the guest.
    let destroys = world.count(Op::Destroy);
    assert!(
        life.engine
            .work(&life.id("db").await, Work::Destroy)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(world.count(Op::Destroy), destroys);
    life.clean_up(&["hello"]).await;
}

/// A token that lost its rights sees nothing: that is no reason to mark every record as deleted.
#[tokio::test]
async fn an_empty_cluster_deletes_no_record() {
    let (world, _folder, life) = cluster_lab().await;
    world.foreign(101, "db", Power::Running, None);
    life.engine.cluster_sync().await.unwrap();
    world.drop_foreign(101);
    let synced = life.engine.cluster_sync().await.unwrap();
    assert!(synced.deleted.is_empty());
    assert_eq!(life.status("db").await, Status::Running);
    life.engine.shut_down().await;
}

#[tokio::test]
async fn many_who_look_at_the_cluster_make_one_request() {
    let (world, _folder, life) = cluster_lab().await;
    let looks = (0..32).map(|_| life.engine.cluster_nodes());
    let looked = futures_util::future::join_all(looks).await;
    assert!(
        looked
            .iter()
            .all(|nodes| nodes.as_ref().unwrap().len() == 2)
    );
    assert_eq!(world.count(Op::ClusterNodes), 1);
    let on = life
        .engine
        .cluster_guests_on(&"pve9".parse().unwrap())
        .await;
    assert!(matches!(on, Err(Refusal::Cluster(_))), "{on:?}");
    life.engine.shut_down().await;
}

#[tokio::test]
async fn without_a_cluster_it_says_how_to_set_one_up() {
    let (_world, _folder, life) = crate::lab::lab().await;
    let refusal = life.engine.cluster_nodes().await.unwrap_err();
    assert!(
        refusal.to_string().contains("havre proxmox setup"),
        "{refusal}"
    );
    assert!(matches!(
        life.engine.cluster_sync().await,
        Err(Refusal::NoCluster)
    ));
    life.engine.shut_down().await;
}
