package org.cupule.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleWiring;

/**
 * The running OSGi framework. Bundles start in the order of the start levels in {@code launcher.properties}, all of
 * them before {@link #start} returns, except the terminal shell, which would read standard input: the command
 * {@code shell} starts it.
 *
 * @threading any thread may close it, also twice; the rest is confined to the main thread
 */
final class Platform implements AutoCloseable {
    private static final String TERMINAL_SHELL = "org.apache.felix.gogo.jline";
    private static final String TERMINAL_LIBRARY = "org.jline";
    /** Where bundles that keep something find the folder that outlives the process. */
    private static final String HOME = "cupule.home";
    private static final String START_LEVEL = "startlevel.";
    private static final int DEFAULT_START_LEVEL = 50;
    private static final long STOP_DEADLINE_MILLIS = 10_000;

    private final Framework framework;

    private Platform(Framework framework) {
        this.framework = framework;
    }

    /** {@return the framework with every bundle of this jar started} */
    static Platform start(RunFolder folder) {
        try {
            var properties = properties(folder);
            var framework = ServiceLoader.load(FrameworkFactory.class).iterator().next().newFramework(properties);
            framework.init(Platform::report);
            EmbeddedJars.extract(Main.jar(), "plugins", folder.plugins());
            for (var jar : EmbeddedJars.extract(Main.jar(), "bundles", folder.bundles())) {
                install(framework.getBundleContext(), jar, properties);
            }
            framework.start();
            return new Platform(framework);
        } catch (IOException | BundleException e) {
            throw new LaunchException(Status.HOST_FAILURE, "the platform did not start: %s.".formatted(e), e);
        }
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /** {@return the class loader through which JLine finds its own terminals} */
    ClassLoader terminalClassLoader() {
        return Stream.of(context().getBundles())
                .filter(bundle -> TERMINAL_LIBRARY.equals(bundle.getSymbolicName()))
                .map(bundle -> bundle.adapt(BundleWiring.class))
                .map(BundleWiring::getClassLoader)
                .findFirst()
                .orElseGet(Main.class::getClassLoader);
    }

    /** Stops all bundles in the reverse order of their start levels, and waits until they have: for 10 s at most. */
    @Override
    public void close() {
        try {
            framework.stop();
            if (framework.waitForStop(STOP_DEADLINE_MILLIS).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                System.err.printf("cupule: the platform did not stop within %d s; the process ends all the same: %s%n",
                        STOP_DEADLINE_MILLIS / 1000, stopping());
            }
        } catch (BundleException e) {
            System.err.println("cupule: the platform did not stop in order: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String stopping() {
        return Stream.of(framework.getBundleContext().getBundles())
                .filter(bundle -> bundle.getBundleId() != Constants.SYSTEM_BUNDLE_ID
                        && bundle.getState() == Bundle.STOPPING)
                .map(bundle -> "%s %s (%s) is still stopping".formatted(bundle.getSymbolicName(), bundle.getVersion(),
                        bundle.getLocation()))
                .findFirst().orElse("no bundle is stopping");
    }

    private static Map<String, String> properties(RunFolder folder) throws IOException {
        var properties = new Properties();
        try (InputStream in = Main.class.getResourceAsStream("/launcher.properties")) {
            properties.load(in);
        }
        var map = new HashMap<String, String>();
        properties.forEach((key, value) -> map.put((String) key, (String) value));
        map.put(Constants.FRAMEWORK_STORAGE, folder.cache().toString());
        map.put(HOME, folder.home().root().toString());
        map.put("org.ops4j.pax.logging.property.file", logback(folder).toString());
        return map;
    }

    /** {@return the person's own logging configuration, else ours with the path of the log filled in} */
    private static Path logback(RunFolder folder) throws IOException {
        if (Files.exists(folder.home().logback())) {
            return folder.home().logback();
        }
        try (InputStream in = Main.class.getResourceAsStream("/logback.xml")) {
            var text = new String(in.readAllBytes()).replace("${log}", folder.home().log().toString());
            return Files.writeString(folder.path().resolve("logback.xml"), text);
        }
    }

    private static void install(BundleContext context, Path jar, Map<String, String> properties)
            throws BundleException {
        var bundle = context.installBundle("reference:" + jar.toUri());
        bundle.adapt(BundleStartLevel.class).setStartLevel(startLevel(bundle.getSymbolicName(), properties));
        if (!bundle.getSymbolicName().equals(TERMINAL_SHELL)
                && bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null) {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        }
    }

    private static int startLevel(String symbolicName, Map<String, String> properties) {
        return properties.keySet().stream()
                .filter(key -> key.startsWith(START_LEVEL) && symbolicName.matches(properties.get(key)))
                .mapToInt(key -> Integer.parseInt(key.substring(START_LEVEL.length())))
                .findFirst()
                .orElse(DEFAULT_START_LEVEL);
    }

    private static void report(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.ERROR) {
            System.err.println("cupule: " + event.getBundle() + ": " + event.getThrowable().getMessage());
        }
    }
}
