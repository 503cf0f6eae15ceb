//! Where something is asked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};

use crate::domain::text::Text;

/// An http or https URL, whose credentials are kept apart from what is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

/// Text that is no such URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{typed}` is no URL to ask: {why}")]
pub struct BadAddress {
    typed: Text,
    why: &'static str,
}

impl Address {
    /// Reads `typed`. Without a scheme it is http, without a path it is `path`; `user:password@` becomes basic
    /// authentication.
    ///
    /// # Errors
    /// It is no http or https URL with a host.
    pub fn parse(typed: &str, path: &str) -> Result<Self, BadAddress> {
        let bad = |why| BadAddress {
            // a password is not to be repeated
            typed: Text::new(typed.rsplit_once('@').map_or(typed, |(_, rest)| rest)),
            why,
        };
        let (scheme, rest) = match typed.trim().split_once("://") {
            Some(("http", rest)) => (Scheme::HTTP, rest),
            Some(("https", rest)) => (Scheme::HTTPS, rest),
            Some(_) => return Err(bad("it is neither http nor https")),
            None => (Scheme::HTTP, typed.trim()),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (place, rest) = rest.split_at(end);
        let (credentials, place) = match place.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, place),
        };
        let authority: Authority = place.parse().map_err(|_| bad("it names no host"))?;
        if authority.host().is_empty() {
            return Err(bad("it names no host"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let rest = match rest {
            "" | "/" => path.to_owned(),
            query if query.starts_with('?') => format!("{path}{query}"),
            rest => rest.to_owned(),
        };
        let rest: PathAndQuery = rest.parse().map_err(|_| bad("its path is none"))?;
        let authorization = match credentials {
            None => None,
            Some(credentials) => {
                let basic = format!("Basic {}", STANDARD.encode(decoded(credentials)));
                let value = HeaderValue::from_str(&basic);
                let mut value = value.map_err(|_| bad("its credentials are none"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query(rest)
            .build()
            .map_err(|_| bad("it is none"))?;
        Ok(Self { uri, authorization })
    }

    /// The same place with another path and query below its own path.
    #[must_use]
    pub fn below(&self, path_and_query: &str) -> Option<Self> {
        let base = self.uri.path().trim_end_matches('/');
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(format!("{base}{path_and_query}").parse().ok()?);
        Some(Self {
            uri: Uri::from_parts(parts).ok()?,
            authorization: self.authorization.clone(),
        })
    }

    /// Over TLS.
    pub fn is_secure(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// Without credentials.
    pub fn shown(&self) -> Text {
        Text::from(self.uri.to_string())
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.uri)
    }
}

/// `%40` and the like in credentials.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = &after[2..];
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(typed: &str) -> String {
        Address::parse(typed, "/metrics")
            .unwrap_or_else(|e| panic!("{e}"))
            .shown()
            .to_string()
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        for (typed, full) in [
            ("dgx:9400", "http://dgx:9400/metrics"),
            ("http://dgx:9400/", "http://dgx:9400/metrics"),
            ("https://dgx/x/metrics", "https://dgx/x/metrics"),
            ("http://dgx?a=b", "http://dgx/metrics?a=b"),
            ("http://[::1]:9400#top", "http://[::1]:9400/metrics"),
            (" 10.0.0.1:9400 ", "http://10.0.0.1:9400/metrics"),
        ] {
            assert_eq!(shown(typed), full);
        }
    }

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let address = Address::parse("http://kim:p%40ss@dgx", "/metrics").unwrap();
        assert_eq!(
            address.authorization().unwrap(),
            &format!("Basic {}", STANDARD.encode("kim:p@ss"))
        );
        assert_eq!(address.shown().as_str(), "http://dgx/metrics");
        assert!(!format!("{address:?}").contains("p%40ss"));
        let bad = Address::parse("http://kim:secret@", "/metrics").unwrap_err();
        assert!(!bad.to_string().contains("secret"), "{bad}");
    }

    #[test]
    fn what_is_no_url_is_refused_with_the_reason() {
        for (typed, why) in [
            (
                "ftp://dgx",
                "`ftp://dgx` is no URL to ask: it is neither http nor https",
            ),
            ("", "`` is no URL to ask: it names no host"),
            ("http://", "`http://` is no URL to ask: it names no host"),
            (
                "http://a b",
                "`http://a b` is no URL to ask: it names no host",
            ),
        ] {
            assert_eq!(Address::parse(typed, "/").unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn a_path_goes_below_the_one_that_is_there() {
        let at = |typed: &str| {
            let address = Address::parse(typed, "/").unwrap();
            address
                .below("/api/v1/query?query=up")
                .unwrap()
                .shown()
                .to_string()
        };
        assert_eq!(at("http://p:9090"), "http://p:9090/api/v1/query?query=up");
        assert_eq!(at("http://p/prom/"), "http://p/prom/api/v1/query?query=up");
    }
}
