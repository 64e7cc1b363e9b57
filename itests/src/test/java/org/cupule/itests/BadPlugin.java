package org.cupule.itests;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A device plug-in that does something wrong at some place: a template with holes, compiled when it is wanted.
 *
 * @param name
 *            what it does wrong
 * @param holes
 *            the code of each place that is not as it should be
 * @threading immutable
 */
record BadPlugin(String name, Map<String, String> holes) {
    /**
     * The property that lets go what hangs, when the test is over: a framework waits for a service that is being made
     * for as long as that takes. The launcher does not wait for the framework so long.
     */
    static final String LET_GO = "acme.bad.let-go";
    private static final String TEMPLATE = """
            package acme;
            import java.util.*;
            import org.cupule.device.*;
            import org.cupule.state.*;
            import org.cupule.types.*;
            public class Factory implements DeviceFactory {
                static final Object KEPT = new Object();
                static { int zero = 0; @STATIC@ }
                public Factory() { @FACTORY@ }
                static void hang() {
                    while (System.getProperty("@LET_GO@") == null) java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
                }
                static void deep() { deep(); }
                public ModelInfo info() { @INFO@ return new ModelInfo("@KIND@", "bad", "1.0.0", "A bad device."); }
                public StateSchema schema() { @SCHEMA@ return StateSchema.first("@KIND@"); }
                public DeviceSpec spec() { @SPEC@ return DeviceSpec.of(DeviceSpec.Window.ports("ports", 4, 0x500)); }
                public Device create(DeviceContext context) { @CREATE@ return new Dev(context); }
                static class Dev implements Device, PortIo {
                    final DeviceContext context; long count; org.cupule.time.VmTimer timer;
                    Dev(DeviceContext context) {
                        this.context = context;
                        timer = context.timer("t", () -> { @TIMER@ });
                    }
                    public int readPort(int window, int offset, int size) { @READ@ return (int) (count & 0x7F); }
                    public void writePort(int window, int offset, int size, int value) { @WRITE@ count++; }
                    public void reset() { @RESET@ count = 0; }
                    public void close() { @CLOSE@ }
                    public StateSchema schema() { return StateSchema.first("@KIND@"); }
                    public ModelState save(int version) {
                        @SAVE@
                        return ModelState.of("@KIND@", version).put("count", count).build();
                    }
                    public void restore(ModelState state) { @RESTORE@ count = state.number("count"); }
                }
            }
            """;
    private static final List<String> PLACES = List.of("STATIC", "FACTORY", "INFO", "SCHEMA", "SPEC", "CREATE", "READ",
            "WRITE", "SAVE", "RESTORE", "RESET", "CLOSE");
    private static final Map<String, String> DEEDS = new LinkedHashMap<>();
    private static final Map<String, Map<String, String>> SPECIALS = new LinkedHashMap<>();

    static {
        DEEDS.put("throws", "if (KEPT != null) throw new IllegalStateException(\"planted\");");
        DEEDS.put("throws an error", "if (KEPT != null) throw new NoClassDefFoundError(\"planted\");");
        DEEDS.put("overflows the stack", "deep();");
        DEEDS.put("hangs", "if (KEPT != null) hang();");
        DEEDS.put("leaks a thread",
                "Thread t = new Thread(Factory::hang, \"acme-leak\"); t.setDaemon(true); t.start();");
        DEEDS.put("leaks a thread-local",
                "ThreadLocal<Object> local = new ThreadLocal<>(); local.set(new Factory[0]); System.getProperties().put(local, local);");
        special("answers nonsense", "READ", "if (KEPT != null) return 0x12345678;");
        special("makes nothing", "CREATE", "if (KEPT != null) return null;");
        special("makes what has no ports", "CREATE", "if (KEPT != null) return new Device() {"
                + " public StateSchema schema() { return StateSchema.first(\"@KIND@\"); }"
                + " public void reset() { } public ModelState save(int v) { return ModelState.of(\"@KIND@\", v).build(); }"
                + " public void restore(ModelState s) { } };");
        special("has no info", "INFO", "if (KEPT != null) return null;");
        special("has no schema", "SCHEMA", "if (KEPT != null) return null;");
        special("has no spec", "SPEC", "if (KEPT != null) return null;");
        special("has a version that is none", "INFO",
                "if (KEPT != null) return new ModelInfo(\"@KIND@\", \"bad\", \"one\", \"\");");
        special("writes no state", "SCHEMA",
                "if (KEPT != null) return new StateSchema(\"@KIND@\", Set.of(1), Set.of());");
        special("says another kind of state", "SCHEMA", "if (KEPT != null) return StateSchema.first(\"other\");");
        special("claims all ports", "SPEC",
                "if (KEPT != null) return DeviceSpec.of(DeviceSpec.Window.ports(\"ports\", 65536, 0));");
        special("claims ports beyond the last", "SPEC",
                "if (KEPT != null) return DeviceSpec.of(DeviceSpec.Window.ports(\"ports\", 4, 0xFFFE));");
        special("claims no ports", "SPEC",
                "if (KEPT != null) return DeviceSpec.of(DeviceSpec.Window.ports(\"ports\", 0, 0x500));");
        special("claims ports of another", "SPEC",
                "if (KEPT != null) return DeviceSpec.of(DeviceSpec.Window.ports(\"ports\", 4, 0x3F8));");
        special("saves nothing", "SAVE", "if (KEPT != null) return null;");
        special("saves another kind", "SAVE", "if (KEPT != null) return ModelState.of(\"other\", version).build();");
        special("saves another version", "SAVE", "if (KEPT != null) return ModelState.of(\"@KIND@\", 77).build();");
        special("saves other fields", "SAVE",
                "if (KEPT != null) return ModelState.of(\"@KIND@\", version).put(\"other\", 1).build();");
        special("drives a line that it has not", "WRITE", "context.line(99, true);");
        special("sends a message that it has not", "WRITE", "context.msi(99);");
        special("reads memory at nowhere", "WRITE", "context.dma().read(-4096L, new byte[4096], 0, 4096);");
        special("writes beyond its array", "WRITE", "context.dma().write(0x1000, new byte[4], 2, 99);");
        special("makes a timer twice", "WRITE", "context.timer(\"t\", () -> { });");
        special("posts for ever", "WRITE",
                "Runnable[] r = {null}; r[0] = () -> context.post(r[0]); context.post(r[0]);");
        special("is due for ever", "WRITE", "timer.arm(0);", "TIMER", "rearm();");
        special("asks for an option it has not", "CREATE", "context.option(\"none\");");
        special("asks for a disk it has not", "WRITE", "context.disk();");
        special("calls from another thread", "WRITE",
                "Thread t = new Thread(() -> context.line(0, true)); t.setDaemon(true); t.start();");
        special("interrupts its caller", "READ", "Thread.currentThread().interrupt();");
        special("keeps a hook of the JVM", "CREATE",
                "Runtime.getRuntime().addShutdownHook(new Thread(() -> KEPT.hashCode()));");
        special("restores its past only", "RESTORE",
                "if (state.number(\"count\") >= 0) throw new IllegalArgumentException(\"planted\");");
    }

    private static void special(String name, String... holes) {
        var map = new LinkedHashMap<String, String>();
        for (int i = 0; i < holes.length; i += 2) {
            map.put(holes[i], holes[i + 1].replace("rearm();", "((Runnable) () -> timer.arm(0)).run();"));
        }
        SPECIALS.put(name, map);
    }

    /** {@return a hundred of them: each deed at each place, and special ones} */
    static List<BadPlugin> hundred() {
        Stream<BadPlugin> usual = PLACES.stream().flatMap(place -> DEEDS.entrySet().stream().map(
                deed -> new BadPlugin(deed.getKey() + " in " + place.toLowerCase(java.util.Locale.ROOT),
                        Map.of(place, deed.getValue()))));
        Stream<BadPlugin> special = SPECIALS.entrySet().stream().map(entry -> new BadPlugin(entry.getKey(),
                entry.getValue()));
        return Stream.concat(special, usual).limit(100).toList();
    }

    /** {@return its jar, of a kind of its own} */
    URI jar(Path folder, String kind, Path api) throws IOException {
        Path work = Files.createTempDirectory(folder, "bad");
        Path source = Files.writeString(work.resolve("Factory.java"), source(kind));
        var errors = new java.io.ByteArrayOutputStream();
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, errors, "-proc:none", "-nowarn", "-cp",
                api.toString(), "-d", work.toString(), source.toString());
        if (status != 0) {
            throw new IOException(name + ": " + errors.toString(StandardCharsets.UTF_8));
        }
        return pack(work, kind);
    }

    private String source(String kind) {
        String text = TEMPLATE;
        for (String place : Stream.concat(PLACES.stream(), Stream.of("TIMER")).toList()) {
            text = text.replace("@" + place + "@", holes.getOrDefault(place, ""));
        }
        return text.replace("@KIND@", kind).replace("@LET_GO@", LET_GO);
    }

    private static URI pack(Path work, String kind) throws IOException {
        var manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", kind);
        main.putValue("Bundle-Version", "1.0.0");
        main.putValue("Import-Package",
                "org.cupule.device,org.cupule.state,org.cupule.types,org.cupule.time,org.cupule.pci");
        main.putValue("Service-Component", "OSGI-INF/acme.xml");
        Path file = work.resolve("plugin.jar");
        List<Path> classes = new ArrayList<>();
        try (Stream<Path> files = Files.list(work.resolve("acme"))) {
            files.forEach(classes::add);
        }
        try (OutputStream out = Files.newOutputStream(file); var jar = new JarOutputStream(out, manifest)) {
            for (Path each : classes) {
                jar.putNextEntry(new JarEntry("acme/" + each.getFileName()));
                Files.copy(each, jar);
            }
            jar.putNextEntry(new JarEntry("OSGI-INF/acme.xml"));
            jar.write(components("one", "two").getBytes(StandardCharsets.UTF_8));
        }
        return file.toUri();
    }

    /** Each offers its service twice, which is one wrong more. */
    private static String components(String... names) {
        return Stream.of(names).map(each -> """
                <scr:component name="acme.%s"><implementation class="acme.Factory"/>
                <service><provide interface="org.cupule.device.DeviceFactory"/></service></scr:component>
                """.formatted(each)).collect(Collectors.joining("",
                "<components xmlns:scr=\"http://www.osgi.org/xmlns/scr/v1.3.0\">", "</components>"));
    }
}
