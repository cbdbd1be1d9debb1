# Sets Havre up from Windows: Havre runs on Linux, so this looks for WSL 2 and runs setup.sh in it.
# There is no native Windows server.
#
# Where scripts are not allowed: powershell -ExecutionPolicy Bypass -File .\setup.ps1
#Requires -Version 5.1
[CmdletBinding()]
param()

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
# This script looks at exit codes itself; PowerShell 7.4 and newer would throw before it can.
$PSNativeCommandUseErrorActionPreference = $false

function Stop-WithCure([string] $What, [string] $Cure) {
    [Console]::Error.WriteLine("error: $What")
    [Console]::Error.WriteLine("       $Cure")
    exit 1
}

# The lines that `wsl.exe --list --verbose` prints below its heading; none when it fails.
function Get-WslDistribution {
    # Windows PowerShell turns redirected stderr into errors, which would end this script.
    $ErrorActionPreference = 'Continue'
    $utf8 = $env:WSL_UTF8
    try {
        # wsl.exe writes UTF-16 unless it is told not to. Older ones cannot be told: what is left of it are NULs.
        $env:WSL_UTF8 = '1'
        $lines = @(& wsl.exe --list --verbose 2>$null | ForEach-Object { "$_" -replace "`0", '' })
        if ($LASTEXITCODE -ne 0) { return }
        $lines | Where-Object { $_ -match '\S' } | Select-Object -Skip 1
    }
    finally {
        $env:WSL_UTF8 = $utf8
    }
}

$onWindows = ($PSVersionTable.PSEdition -eq 'Desktop') -or $IsWindows
if (-not $onWindows) {
    Stop-WithCure 'This is not Windows.' 'Run: bash setup.sh'
}

if ($null -eq (Get-Command wsl.exe -CommandType Application -ErrorAction SilentlyContinue)) {
    Stop-WithCure 'WSL is not installed.' 'In a terminal of an administrator: wsl --install   Then restart Windows and run this again.'
}

$distributions = @(Get-WslDistribution)
if ($distributions.Count -eq 0) {
    Stop-WithCure 'WSL has no Linux distribution.' 'Run: wsl --install -d Debian   Then run this again.'
}

# The default one is marked with a star: `* Debian    Running    2`. The last column is the version.
$default = $distributions | Where-Object { $_ -match '^\s*\*' } | Select-Object -First 1
if ($null -eq $default) {
    Stop-WithCure 'WSL has no default distribution.' 'Choose one: wsl --set-default NAME'
}
$name = ($default.Trim().TrimStart('*').Trim() -split '\s{2,}|\t')[0]
if ($name -like 'docker-desktop*') {
    Stop-WithCure "The default distribution of WSL is Docker's own, $name, which has no shell for this." `
        'Install one (wsl --install -d Debian), choose it (wsl --set-default Debian), and run this again.'
}
if ($default -notmatch '\s2\s*$') {
    Stop-WithCure "$name runs under WSL 1, which has no namespaces for the sandbox." "Run: wsl --set-version $name 2"
}

Write-Host "WSL 2       $name"
# wsl.exe begins in the folder of its caller. Older ones have no --cd.
Push-Location -LiteralPath $PSScriptRoot
try {
    & wsl.exe --distribution $name --exec bash -l ./setup.sh
    $code = $LASTEXITCODE
}
finally {
    Pop-Location
}
if ($code -eq 0) {
    Write-Host "These commands run in WSL. Open it here with: wsl --distribution $name"
}
exit $code
