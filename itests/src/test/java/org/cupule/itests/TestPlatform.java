package org.cupule.itests;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.cleanCaches;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import net.bytebuddy.ByteBuddy;
import org.assertj.core.api.Assertions;
import org.ops4j.pax.exam.Option;

/**
 * What every test in the framework starts with: exactly the bundles of the launcher's jar, less the terminal shell,
 * which would read standard input.
 *
 * @threading any thread
 */
final class TestPlatform {
    private static final Path APP = Path.of(System.getProperty("cupule.root"), "launcher", "target", "app");

    private TestPlatform() {
    }

    /** {@return the options of a test's configuration} */
    static Option platform() throws IOException {
        return composite(
                composite(bundles()),
                junitBundles(),
                library(Assertions.class),
                library(ByteBuddy.class),
                cleanCaches(),
                passed("cupule.root"),
                passed("cupule.version"),
                passed("cupule.framework"),
                systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("ERROR"),
                frameworkProperty("org.osgi.framework.bsnversion").value("multiple"));
    }

    /** {@return the name of the framework that the tests run on} */
    static String framework() {
        return onFelix() ? "Felix" : "Equinox";
    }

    static boolean onFelix() {
        return System.getProperty("cupule.framework").startsWith("Apache");
    }

    /** {@return the jar of a plug-in that is built but not started, for example {@code dev-sample-v2}} */
    static Path plugin(String name) {
        return APP.resolve("plugins").resolve(name + ".jar");
    }

    /** {@return the jar of a bundle that is started, for example {@code dev-uart}} */
    static Path started(String name) {
        return APP.resolve("bundles").resolve("%s-%s.jar".formatted(name, System.getProperty("cupule.version")));
    }

    /** {@return the one jar that people start} */
    static Path launcher() {
        return APP.resolveSibling("cupule-%s.jar".formatted(System.getProperty("cupule.version")));
    }

    /** {@return where the packages of Linux stay, for the launcher's own tests of it, too} */
    static Path linuxHome() {
        return APP.resolveSibling("linux-home");
    }

    private static Option[] bundles() throws IOException {
        try (Stream<Path> jars = Files.list(APP.resolve("bundles"))) {
            return jars.filter(jar -> !jar.getFileName().toString().contains("gogo.jline"))
                    .sorted()
                    .map(jar -> (Option) bundle(jar.toUri().toString()))
                    .toArray(Option[]::new);
        }
    }

    /** {@return the jar of the test's own class path that {@code type} came from, as a bundle} */
    private static Option library(Class<?> type) {
        return bundle(type.getProtectionDomain().getCodeSource().getLocation().toString());
    }

    private static Option passed(String property) {
        return systemProperty(property).value(System.getProperty(property));
    }
}
