package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The list of signers, on jars that the JDK's own tools have signed. */
class SignersTest {
    private static final String PASSWORD = "changeit";

    /** Made once: each start of a tool takes a second or more. */
    @TempDir
    static Path keyFolder;
    private static Path keys;

    @TempDir
    Path folder;
    private URI jar;

    @BeforeAll
    static void makeKeys() throws Exception {
        keys = keyFolder.resolve("keys.p12");
        key("acme");
        key("mallory");
    }

    @BeforeEach
    void makeJar() throws Exception {
        jar = new Jars(folder).jar("acme.sensor", "1.0.0");
        add("sensor.bin", "as it was built");
    }

    @Test
    void letsInWhatOneOfTheListHasSigned() throws Exception {
        sign("acme");

        PluginJar read = PluginJar.read(jar);

        assertThat(read.signers()).containsExactly(new PluginJar.Signer("CN=acme", fingerprint("acme")));
        assertThatCode(() -> Signers.of(fingerprint("mallory"), fingerprint("acme")).require(read))
                .doesNotThrowAnyException();
    }

    @Test
    void takesAFingerprintAsKeytoolPrintsIt() throws Exception {
        sign("acme");
        String printed = HexFormat.ofDelimiter(":").withUpperCase().formatHex(HexFormat.of().parseHex(
                fingerprint("acme")));
        PluginJar read = PluginJar.read(jar);

        assertThatCode(() -> Signers.of(printed).require(read)).doesNotThrowAnyException();
    }

    @Test
    void refusesWhatNobodyHasSigned() throws Exception {
        refused(PluginJar.read(jar), "is not signed, or not all of it");
    }

    @Test
    void refusesWhatAnotherHasSignedAndSaysWho() throws Exception {
        sign("mallory");

        refused(PluginJar.read(jar), "signed by 'CN=mallory' (SHA-256 " + fingerprint("mallory") + ")");
    }

    @Test
    void refusesAnEntryThatWasAddedAfterSigning() throws Exception {
        sign("acme");
        add("more.bin", "of a stranger");

        refused(PluginJar.read(jar), "is not signed, or not all of it");
    }

    @Test
    void refusesAnEntryThatWasChangedAfterSigningWhoeverMayComeIn() throws Exception {
        sign("acme");
        add("sensor.bin", "of a stranger");

        assertThatThrownBy(() -> PluginJar.read(jar)).isInstanceOfSatisfying(HsmException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageContaining("its signature does not fit its content");
    }

    private void refused(PluginJar read, String why) throws Exception {
        Signers acme = Signers.of(fingerprint("acme"));

        assertThatThrownBy(() -> acme.require(read)).isInstanceOfSatisfying(HsmException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EACCES)).hasMessageContaining(why);
    }

    /** Adds an entry to the jar, or puts another content into it, and leaves all others as they are. */
    private void add(String name, String content) throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(Path.of(jar))) {
            Files.writeString(zip.getPath(name), content);
        }
    }

    private static void key(String name) throws Exception {
        run("keytool", "-genkeypair", "-alias", name, "-dname", "CN=" + name, "-keyalg", "EC", "-groupname",
                "secp256r1", "-validity", "36500", "-storetype", "PKCS12");
    }

    private void sign(String name) throws Exception {
        run("jarsigner", Path.of(jar).toString(), name);
    }

    private static String fingerprint(String name) throws Exception {
        var store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(store.getCertificate(name)
                .getEncoded()));
    }

    /** Runs a tool of the JDK on the key store. */
    private static void run(String tool, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString(),
                "-keystore", keys.toString(), "-storepass", PASSWORD));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(keyFolder, tool, ".out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile())
                .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(tool).isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    }
}
