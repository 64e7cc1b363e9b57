package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The walls of the house, held against the built jars. */
class ArchitectureIT {
    /** Modules that are private packages of the bundles that use them: the beginning of the bundle's name. */
    private static final Map<String, String> COPIED_IN = Map.of("dev-virtio-", "org/cupule/virtio/", "device-tck",
            "org/cupule/tck/");
    /** Folders whose package is not their name: {@code native} is a keyword, hsm-api holds the shared packages. */
    private static final Map<String, String> PACKAGES = Map.of("hsm-api", "org.cupule", "native-acrn",
            "org.cupule.linux.acrn");

    static Stream<BuiltBundle> bundles() throws IOException {
        return BuiltBundle.all();
    }

    static Stream<BuiltBundle> implementations() throws IOException {
        return BuiltBundle.all().filter(bundle -> !bundle.folder().equals("hsm-api"));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void importsOnlyWhatItMay(BuiltBundle bundle) throws IOException {
        assertThat(AllowedImports.read().forbidden(bundle)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void implementationExportsNothing(BuiltBundle bundle) {
        assertThat(bundle.header("Export-Package")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void neverImportsAtWill(BuiltBundle bundle) {
        assertThat(bundle.header("DynamicImport-Package") + bundle.header("Require-Bundle")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void packagesHaveNoCycles(BuiltBundle bundle) {
        assertThat(PackageGraph.of(bundle).inCycles()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void symbolicNameIsTheFoldersName(BuiltBundle bundle) {
        assertThat(bundle.header("Bundle-SymbolicName")).isEqualTo("org.cupule." + dotted(bundle));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void packagesBearTheFoldersName(BuiltBundle bundle) {
        var home = PACKAGES.getOrDefault(bundle.folder(), "org.cupule." + dotted(bundle)).replace('.', '/');
        assertThat(bundle.classFiles()).allMatch(
                name -> name.startsWith(home + "/") || COPIED_IN.entrySet().stream().anyMatch(
                        copied -> bundle.folder().startsWith(copied.getKey()) && name.startsWith(copied.getValue())));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void saysWhatItIsForInAReadMe(BuiltBundle bundle) throws IOException {
        assertThat(Files.readString(bundle.source().resolve("README.md"))).startsWith("# " + bundle.folder());
    }

    @Test
    void listKnowsEveryBundleOfTheReactor() throws IOException {
        var page = AllowedImports.read();
        assertThat(BuiltBundle.all()).allMatch(
                bundle -> page.forbidden(bundle.folder(), Stream.of("org.jspecify.annotations")).isEmpty());
    }

    @Test
    void listRefusesAnImplementationThatImportsAnother() throws IOException {
        var forbidden = AllowedImports.read().forbidden("hv-sim", Stream.of("java.util", "org.cupule.hw.ept"));

        assertThat(forbidden).containsExactly("org.cupule.hw.ept");
    }

    @Test
    void listRefusesABundleThatItDoesNotKnow() throws IOException {
        assertThat(AllowedImports.read().forbidden("newcomer", Stream.of("org.cupule.types"))).isNotEmpty();
    }

    @Test
    void graphAndImportsAreReadFromTheJars() throws IOException {
        var bundle = BuiltBundle.all().filter(each -> each.folder().equals("hw-ept")).findFirst().orElseThrow();
        var api = BuiltBundle.all().filter(each -> each.folder().equals("hsm-api")).findFirst().orElseThrow();

        assertThat(bundle.packages("Import-Package")).contains("org.cupule.hardware");
        assertThat(PackageGraph.of(api).edges().get("org/cupule/device")).contains("org/cupule/types");
    }

    @Test
    void graphFindsACycleAndNotWhatLeadsToIt() {
        var graph = new PackageGraph(Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("b"), "d", Set.of()));

        assertThat(graph.inCycles()).isEqualTo(Set.copyOf(List.of("b", "c")));
    }

    private static String dotted(BuiltBundle bundle) {
        return bundle.folder().replaceAll("-(v\\d+|faulty)$", "").replace('-', '.');
    }
}
