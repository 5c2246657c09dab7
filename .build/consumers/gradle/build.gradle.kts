// The same program as in ../class-path, for Gradle. A test keeps coordinates and flags equal; Gradle itself never ran here.
plugins {
    application
}

java {
    toolchain {
        languageVersion = JavaLanguageVersion.of(25)
    }
}

repositories {
    mavenLocal()
    mavenCentral()
}

dependencies {
    implementation(platform("dev.raiju:raiju-bom:0.1.0"))
    implementation("dev.raiju:raiju-autograd")
    implementation("dev.raiju:raiju-models")
    runtimeOnly("dev.raiju:raiju-kernels-cpu")
    runtimeOnly("dev.raiju:raiju-video")
}

sourceSets {
    main {
        java.srcDir("../class-path/src/main/java")
    }
}

application {
    mainClass = "example.Example"
    applicationDefaultJvmArgs = listOf(
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
    )
}
