//! What every journal promises, shown on all three: in memory, in files, and in a real NATS JetStream.

mod appends;
mod buckets;
mod embedded;
mod jetstream;
mod kit;
mod made_again;
mod memory;
mod places;
mod reads;
mod two_recorders;
mod writers;
