//! Every kind of thing there is. A new one is a line of the list at the end, a file of its own and a map in `State`.

/// The names of a thing's commands and events, taken from their enums.
macro_rules! named {
    () => {
        impl Event {
            /// Names on the wire.
            pub const NAMES: &[&str] = <Self as strum::VariantNames>::VARIANTS;

            /// The name on the wire.
            pub fn name(&self) -> &'static str {
                self.into()
            }
        }

        impl Command {
            /// Names on the wire.
            pub const NAMES: &[&str] = <Self as strum::VariantNames>::VARIANTS;
        }
    };
}

/// Names, and how events of a thing are corrected and voided: which of its events and commands do that.
macro_rules! correctable {
    ($kind:ident: $corrected:ident, $voided:ident; $correct:ident, $void:ident) => {
        named! {}

        impl $crate::correction::Correctable for Event {
            const KIND: $crate::Kind = $crate::Kind::$kind;

            fn change(&self) -> $crate::correction::Change<'_, Self> {
                match self {
                    Self::$corrected(correction) => $crate::correction::Change::Replace(&correction.now),
                    Self::$voided(_) => $crate::correction::Change::Remove,
                    _ => $crate::correction::Change::Add(self),
                }
            }
            fn was(
                &self,
            ) -> Option<($crate::correction::CorrectionReason, &$crate::correction::Replaced<Self>)> {
                match self {
                    Self::$corrected(correction) => Some((correction.reason, &correction.was)),
                    Self::$voided(void) => Some((void.reason, &void.was)),
                    _ => None,
                }
            }
            fn corrected(correction: $crate::correction::Corrected<Self>) -> Self {
                Self::$corrected(Box::new(correction))
            }
            fn voided(void: $crate::correction::Voided<Self>) -> Self {
                Self::$voided(Box::new(void))
            }
            fn wire_name(&self) -> &'static str {
                self.name()
            }
            fn of(event: &$crate::Event) -> Option<&Self> {
                if let $crate::Event::$kind(event) = event { Some(event) } else { None }
            }
            fn into_event(self) -> $crate::Event {
                $crate::Event::$kind(self)
            }
        }

        impl Event {
            /// What it says of its thing: itself; of a correction, what counts now; of a void, what counted.
            pub fn told(&self) -> &Self {
                match self {
                    Self::$corrected(correction) => &correction.now,
                    Self::$voided(void) => &void.was.event,
                    _ => self,
                }
            }

            pub(crate) fn valid_on(
                &self,
                fact: &$crate::Fact,
                day: jiff::civil::Date,
            ) -> $crate::valid::Validity {
                $crate::valid::of(self, fact, day)
            }
        }

        impl Command {
            /// The event that it corrects or voids.
            pub(crate) const fn corrects(&self) -> Option<uuid::Uuid> {
                match self {
                    Self::$correct(command) => Some(command.corrects),
                    Self::$void(command) => Some(command.corrects),
                    _ => None,
                }
            }
        }
    };
}

/// Reads a value of the type that a kind calls for, so that the list of kinds stands only here.
pub trait Reader {
    /// Why it can't be read.
    type Error;
    /// The value.
    ///
    /// # Errors
    /// The reader's.
    fn read<T: serde::de::DeserializeOwned>(self) -> Result<T, Self::Error>;
}

/// Asks something of the type that a kind calls for.
pub trait Asker {
    /// What it wants to know.
    type Answer;
    /// The answer.
    fn ask<T: schemars::JsonSchema>(self) -> Self::Answer;
}

/// The names of one kind's commands and events on the wire.
pub struct Names {
    /// The kind.
    pub kind: Kind,
    /// Its commands.
    pub commands: &'static [&'static str],
    /// Its events.
    pub events: &'static [&'static str],
}

macro_rules! things {
    ($($(#[doc = $doc:literal])+ $kind:ident in $module:ident;)+) => {
        /// The kind of thing an event is about; the first half of its subject.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
        #[strum(serialize_all = "kebab-case")]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        /// Every event there is, by the thing it is about.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $($(#[doc = $doc])+ $kind(crate::$module::Event),)+
        }

        /// Every command there is, by the thing it is addressed to.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Command {
            $($(#[doc = $doc])+ $kind(crate::$module::Command),)+
        }

        /// All names there are; a name belongs to one kind.
        pub const NAMES: &[Names] = &[
            $(Names {
                kind: Kind::$kind,
                commands: crate::$module::Command::NAMES,
                events: crate::$module::Event::NAMES,
            },)+
        ];

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// Asks it of the type of this kind's events.
            pub fn ask_events<A: Asker>(self, asker: A) -> A::Answer {
                match self {
                    $(Self::$kind => asker.ask::<crate::$module::Event>(),)+
                }
            }

            /// Asks it of the type of this kind's commands.
            pub fn ask_commands<A: Asker>(self, asker: A) -> A::Answer {
                match self {
                    $(Self::$kind => asker.ask::<crate::$module::Command>(),)+
                }
            }
        }

        impl Event {
            /// The kind of thing it is about.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)+
                }
            }

            /// The name on the wire, such as `service-delivered`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(event) => event.name(),)+
                }
            }

            /// What it says of its thing: itself; of a correction, what counts now; of a void, what counted.
            pub fn told(&self) -> Self {
                match self {
                    $(Self::$kind(event) => Self::$kind(event.told().clone()),)+
                }
            }

            /// Reads an event about a thing of this kind.
            ///
            /// # Errors
            /// The reader's.
            pub fn read<R: Reader>(kind: Kind, reader: R) -> Result<Self, R::Error> {
                match kind {
                    $(Kind::$kind => reader.read().map(Self::$kind),)+
                }
            }

            pub(crate) fn valid_on(
                &self,
                fact: &crate::Fact,
                day: jiff::civil::Date,
            ) -> crate::valid::Validity {
                match self {
                    $(Self::$kind(event) => event.valid_on(fact, day),)+
                }
            }

            pub(crate) fn evolve(&self, state: &mut crate::State, recorded: &crate::Recorded<'_>) {
                match self {
                    $(Self::$kind(event) => crate::$module::evolve(state, recorded, event),)+
                }
            }
        }

        impl Command {
            /// The event that a correction or void names; the shell looks it up for `decide`.
            pub const fn corrects(&self) -> Option<uuid::Uuid> {
                match self {
                    $(Self::$kind(command) => command.corrects(),)+
                }
            }

            /// Reads a command to a thing of this kind.
            ///
            /// # Errors
            /// The reader's.
            pub fn read<R: Reader>(kind: Kind, reader: R) -> Result<Self, R::Error> {
                match kind {
                    $(Kind::$kind => reader.read().map(Self::$kind),)+
                }
            }

            pub(crate) fn decide(
                &self,
                state: &crate::State,
                found: &crate::Found,
                stamp: &crate::Stamp,
            ) -> Result<Vec<crate::Fact>, crate::Refusal> {
                match self {
                    $(Self::$kind(command) => crate::$module::decide(state, command, found, stamp),)+
                }
            }
        }
    };
}

// In the order of how often their events come: names are looked for in this order.
things! {
    /// A service delivered.
    Delivery in delivery;
    /// An occasion with families.
    Engagement in engagement;
    /// The ledger itself.
    Ledger in ledger;
    /// A school or a district's own office.
    Site in site;
    /// An organisation that works with sites.
    Partner in partner;
    /// What a partner and a ledger's owner have signed.
    Agreement in agreement;
    /// A service on offer at a site under an agreement.
    Offering in offering;
    /// A person, by a random id.
    Person in person;
    /// One person in one programme, by a random id.
    Case in case;
    /// What somebody outside was shown.
    Disclosure in disclosure;
    /// A consent to services in one case.
    Consent in consent;
    /// A council, in which those concerned decide together.
    Council in council;
    /// An assessment of needs and assets.
    Assessment in assessment;
    /// A sharing of data across the ledger's boundary.
    Sharing in sharing;
    /// A case that is passed to a partner.
    Referral in referral;
    /// A family's request to amend a record.
    Amendment in amendment;
    /// Money awarded for a period, allocated to sites and spent.
    Grant in grant;
    /// Regional technical assistance, from the request to its evaluation.
    Assistance in assistance;
    /// A token by which a program or a person speaks to the gateway.
    Access in access;
}

impl Kind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Event {
    /// The kind that has an event of this name.
    pub fn kind_of(name: &str) -> Option<Kind> {
        NAMES.iter().find(|n| n.events.contains(&name)).map(|n| n.kind)
    }
}

impl Command {
    /// An event that it names otherwise than to correct or void it; the shell looks it up for `decide`.
    pub const fn mentions(&self) -> Option<uuid::Uuid> {
        match self {
            Self::Amendment(command) => command.mentions(),
            _ => None,
        }
    }

    /// The kind that has a command of this name.
    pub fn kind_of(name: &str) -> Option<Kind> {
        NAMES.iter().find(|n| n.commands.contains(&name)).map(|n| n.kind)
    }
}
