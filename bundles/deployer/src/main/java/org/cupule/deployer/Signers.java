package org.cupule.deployer;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Whose plug-ins may come in: those signed by one of some certificates, or anybody's. It tells friends from strangers;
 * it does not make a friend's mistakes harmless.
 *
 * @param fingerprints
 *            SHA-256 of each certificate, in lower-case hexadecimal; none for anybody
 * @threading immutable
 */
record Signers(Set<String> fingerprints) {
    static final Signers ANYBODY = new Signers(Set.of());
    static final Signers NOBODY = new Signers(Set.of("none"));

    /** Reads a setting: hexadecimal, with or without colons; EINVAL for what is none. */
    static Signers of(String... fingerprints) {
        return new Signers(Stream.of(fingerprints).map(text -> text.replace(":", "").strip().toLowerCase(Locale.ROOT))
                .filter(text -> !text.isEmpty()).peek(Signers::requireFingerprint).collect(
                        Collectors.toUnmodifiableSet()));
    }

    private static void requireFingerprint(String text) {
        if (!text.matches("[0-9a-f]{64}")) {
            throw new HsmException(Errno.EINVAL, "signers",
                    "'%s' in the setting 'signers' of org.cupule.deployer is no SHA-256 fingerprint".formatted(text));
        }
    }

    /** Refuses with EACCES a jar that none of them has signed. */
    void require(PluginJar jar) {
        if (fingerprints.isEmpty()
                || jar.signers().stream().anyMatch(signer -> fingerprints.contains(signer.fingerprint()))) {
            return;
        }
        throw new HsmException(Errno.EACCES, "plug",
                "%s is %s; the setting 'signers' of org.cupule.deployer lists whose plug-ins may come in".formatted(
                        jar.text(), jar.signers().isEmpty()
                                ? "not signed, or not all of it"
                                : jar.signers().stream().map(signer -> "signed by '%s' (SHA-256 %s)".formatted(
                                        signer.subject(), signer.fingerprint())).collect(
                                                Collectors.joining(" and "))));
    }
}
